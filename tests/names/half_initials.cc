// SPDX-License-Identifier: Apache-2.0
// Valid first Initials whose hellos stop halfway, each to a connection ID of its own, as
// lab/flood.c wants its payloads: half_initials COUNT > FILE
#include <cstdio>
#include <cstdlib>
#include <random>

#include "names/initials.h"

namespace {

using namespace flowmark::test;

constexpr std::size_t kIdBytes = 8;

Bytes random_id(std::mt19937_64 &random)
{
	Bytes id(kIdBytes);
	for (std::uint8_t &byte : id)
		byte = static_cast<std::uint8_t>(random());
	return id;
}

bool write_payload(const Bytes &bytes)
{
	const std::uint8_t length[] = {static_cast<std::uint8_t>(bytes.size() >> 8),
				       static_cast<std::uint8_t>(bytes.size())};
	return std::fwrite(length, 1, sizeof(length), stdout) == sizeof(length) &&
	       std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
}

} // namespace

int main(int count, char **arguments)
{
	if (count != 2) {
		std::fputs("usage: half_initials COUNT > FILE\n", stderr);
		return 2;
	}
	// The name is behind the post-quantum share, as in a browser's hello.
	const Bytes hello = make_hello({.before = 1200});
	const Bytes half = crypto_part(hello, 0, hello.size() / 2);
	std::mt19937_64 random; // the same ones each time
	for (long left = std::strtol(arguments[1], nullptr, 10); left > 0; left--) {
		InitialShape shape;
		shape.destination = random_id(random);
		if (!write_payload(make_initial(shape, half)))
			return 1;
	}
	return std::fflush(stdout) == 0 ? 0 : 1;
}
