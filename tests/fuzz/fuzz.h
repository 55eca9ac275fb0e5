// SPDX-License-Identifier: Apache-2.0
// What the fuzzers share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace flowmark::fuzz {

using View = std::span<const std::uint8_t>;

// Ends the run, which libFuzzer takes for a finding.
inline void require(bool holds, const char *what)
{
	if (holds)
		return;
	std::fprintf(stderr, "property does not hold: %s\n", what);
	std::abort();
}

// As names are kept: in lower case.
inline std::uint8_t lower(std::uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + 0x20) : byte;
}

inline bool occurs(std::string_view name, View bytes)
{
	return std::search(bytes.begin(), bytes.end(), name.begin(), name.end(),
			   [](std::uint8_t byte, char c) {
				   return lower(byte) == static_cast<std::uint8_t>(c);
			   }) != bytes.end();
}

inline bool is_name(std::string_view name)
{
	return !name.empty() && name.size() <= 255 &&
	       std::all_of(name.begin(), name.end(),
			   [](char c) { return c > 0x20 && c < 0x7f && (c < 'A' || c > 'Z'); });
}

} // namespace flowmark::fuzz
