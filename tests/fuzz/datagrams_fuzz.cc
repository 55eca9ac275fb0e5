// SPDX-License-Identifier: Apache-2.0
// Input: fragments of a few datagrams, one record after the other:
//   what    1 byte: bits 0-1 the datagram, 2 its first fragment, 3 more follow, 4-5 seconds
//           that pass before
//   where   1 byte: offset / 8
//   length  1 byte, at most what is left
// A datagram that comes out has a first fragment and a last one, ends where that ended, and
// each of its bytes was fed at its offset.
#include <array>
#include <bitset>
#include <memory>
#include <set>
#include <vector>

#include "fuzz/fuzz.h"
#include "names/datagrams.h"
#include "names/quic_bytes.h"

namespace {

using flowmark::Datagrams;
using flowmark::QuicBytes;
using flowmark::fuzz::require;
using flowmark::fuzz::View;

constexpr std::size_t kLongest = 256 * 8 + 255;
constexpr std::uint8_t kFirst = 4, kMore = 8;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

struct Fed {
	std::vector<std::bitset<256>> bytes = std::vector<std::bitset<256>>(kLongest);
	std::set<std::size_t> ends; // of last fragments
	bool first = false;
};

void check(const Datagrams::Whole &whole, const Fed &fed)
{
	require(fed.first, "no first fragment");
	require(fed.ends.contains(whole.payload.size()), "another end");
	for (std::size_t i = 0; i < whole.payload.size(); i++)
		require(fed.bytes[i].test(whole.payload[i]), "invented");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Datagrams datagrams;
	std::array<Fed, 4> fed;
	QuicBytes input(View(data, size));
	const auto punt = std::make_unique<fm_punt>();
	while (input.left() >= 3) {
		const auto what = static_cast<std::uint8_t>(input.number(1));
		const std::size_t offset = 8 * input.number(1);
		const std::size_t where = (what & kFirst) != 0 ? 0 : offset;
		const std::uint64_t length = input.number(1);
		const View bytes = input.take(std::min<std::uint64_t>(length, input.left()));
		Fed &of_one = fed.at(what & 3);
		punt->seq = what & 3;
		punt->time_ns += (what >> 4 & 3) * kNsPerSecond;
		punt->kind = (what & kFirst) != 0 ? FM_PUNT_QUIC : FM_PUNT_REST;
		punt->fragment = static_cast<__u16>(where | FM_PUNT_FRAGMENT |
						    ((what & kMore) != 0 ? FM_PUNT_MORE : 0));
		of_one.first = of_one.first || (what & kFirst) != 0;
		if ((what & kMore) == 0)
			of_one.ends.insert(where + bytes.size());
		for (std::size_t i = 0; i < bytes.size(); i++)
			of_one.bytes[where + i].set(bytes[i]);
		if (const auto whole = datagrams.take(*punt, bytes))
			check(*whole, of_one);
	}
	return 0;
}
