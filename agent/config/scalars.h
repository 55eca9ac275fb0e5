// SPDX-License-Identifier: Apache-2.0
// The scalars of the policy language. Each takes the whole text of one scalar,
// accepts nothing before or after it, and returns nothing if it is not one.
// Numbers are decimal without sign or leading zeros: YAML reads 010 as 8, people
// do not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace flowmark {

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t max);

// "443" or "5060-5061", first <= last <= max.
std::optional<Range> parse_range(std::string_view text, std::uint16_t max);

// "192.0.2.0/24", "192.0.2.1", "2001:db8::/32". Bits past the length must be 0.
std::optional<Prefix> parse_prefix(std::string_view text);

// 0..63, or a name of RFC 2474, 2597, 3246, 5865, 8622, 9956: CS0..CS7, AF11..AF43,
// EF, VA, LE, NQB, BE, DF. Case-insensitive. "keep" is not a codepoint.
std::optional<std::uint8_t> parse_dscp(std::string_view text);

// 0..255 or a name: tcp, udp, icmp, icmpv6, sctp, udplite, dccp, gre, esp, ah, ...
std::optional<std::uint8_t> parse_protocol(std::string_view text);

// A rate as tc writes it, in bit/s: "20mbit", "1gbit"; 8 kbit/s to 400 Gbit/s. k, m and g
// are powers of 1,000.
std::optional<std::uint64_t> parse_rate(std::string_view text);

// A size as tc writes it, in bytes: "64kb"; 1 to 4 GiB. k, m and g are powers of 1,024.
std::optional<std::uint64_t> parse_size(std::string_view text);

// The other way, for people: "EF", "AF41", or the number where there is no name.
std::string format_dscp(std::uint8_t dscp); // FM_DSCP_KEEP gives "keep"
std::string format_protocol(std::uint8_t protocol);
std::string format_prefix(const Prefix &prefix);
// An address in host byte order as in Prefix, RFC 5952 form for IPv6.
std::string format_address(std::uint8_t family, std::uint64_t hi, std::uint64_t lo);

} // namespace flowmark
