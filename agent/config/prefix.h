// SPDX-License-Identifier: Apache-2.0
// Address prefixes before their host bits are looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/config.h"

namespace flowmark {

// As parse_prefix(), but bits past the length may be set.
std::optional<Prefix> parse_prefix_with_host_bits(std::string_view text);

// The prefix of `length` that `prefix` lies in.
Prefix mask_prefix(const Prefix &prefix, std::uint8_t length);

constexpr std::uint8_t max_prefix_length(std::uint8_t family)
{
	return family == 4 ? 32 : 128;
}

} // namespace flowmark
