// SPDX-License-Identifier: Apache-2.0
#include "config/prefix.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

#include <fmt/format.h>

#include "config/digits.h"
#include "config/scalars.h"

namespace flowmark {

namespace {

// The highest `bits` of 64.
std::uint64_t high_bits(unsigned bits)
{
	return bits == 0 ? 0 : ~std::uint64_t{0} << (64 - bits);
}

bool take_ipv4(std::string_view &text, std::uint64_t &address)
{
	address = 0;
	for (int i = 0; i < 4; i++) {
		std::uint32_t octet = 0;
		if ((i > 0 && !take_char(text, '.')) || !take_number(text, 255, octet))
			return false;
		address = address << 8 | octet;
	}
	return true;
}

std::uint64_t load_be64(const unsigned char *bytes)
{
	std::uint64_t value = 0;
	for (int i = 0; i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

// All of `text`; inet_pton(3) takes no leading zeros in the v4 part, no zone, no blanks.
bool parse_ipv6(std::string_view text, Prefix &prefix)
{
	std::array<char, INET6_ADDRSTRLEN> name{};
	std::array<unsigned char, 16> bytes{};
	if (text.size() >= name.size() || text.find('\0') != std::string_view::npos)
		return false;
	std::memcpy(name.data(), text.data(), text.size());
	if (inet_pton(AF_INET6, name.data(), bytes.data()) != 1)
		return false;
	prefix.hi = load_be64(bytes.data());
	prefix.lo = load_be64(bytes.data() + 8);
	return true;
}

// What is left after the address: nothing, or its length.
bool parse_length(std::string_view rest, Prefix &prefix)
{
	std::uint32_t length = max_prefix_length(prefix.family);
	if (!rest.empty() && !(take_char(rest, '/') && take_number(rest, length, length)))
		return false;
	prefix.length = static_cast<std::uint8_t>(length);
	return rest.empty();
}

void store_be64(unsigned char *bytes, std::uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		bytes[i] = static_cast<unsigned char>(value);
}

std::string format_ipv6(std::uint64_t hi, std::uint64_t lo)
{
	std::array<unsigned char, 16> bytes{};
	std::array<char, INET6_ADDRSTRLEN> name{};
	store_be64(bytes.data(), hi);
	store_be64(bytes.data() + 8, lo);
	return inet_ntop(AF_INET6, bytes.data(), name.data(), name.size());
}

} // namespace

std::optional<Prefix> parse_prefix_with_host_bits(std::string_view text)
{
	Prefix prefix;
	std::string_view rest = text;
	if (take_ipv4(rest, prefix.lo))
		return parse_length(rest, prefix) ? std::optional(prefix) : std::nullopt;
	prefix.family = 6;
	const std::size_t address = std::min(text.find('/'), text.size());
	if (!parse_ipv6(text.substr(0, address), prefix) ||
	    !parse_length(text.substr(address), prefix))
		return std::nullopt;
	return prefix;
}

Prefix mask_prefix(const Prefix &prefix, std::uint8_t length)
{
	// A v4 address ends at bit 128 as a v6 one does, so its length starts 96 later.
	const unsigned bits = prefix.family == 4 ? length + 96u : length;
	Prefix masked = prefix;
	masked.length = length;
	masked.hi &= high_bits(bits < 64 ? bits : 64);
	masked.lo &= high_bits(bits < 64 ? 0 : bits - 64);
	return masked;
}

std::optional<Prefix> parse_prefix(std::string_view text)
{
	const std::optional<Prefix> prefix = parse_prefix_with_host_bits(text);
	if (!prefix || mask_prefix(*prefix, prefix->length) != *prefix)
		return std::nullopt;
	return prefix;
}

std::string format_address(std::uint8_t family, std::uint64_t hi, std::uint64_t lo)
{
	if (family == 6)
		return format_ipv6(hi, lo);
	return fmt::format("{}.{}.{}.{}", lo >> 24 & 255, lo >> 16 & 255, lo >> 8 & 255, lo & 255);
}

std::string format_prefix(const Prefix &prefix)
{
	return fmt::format("{}/{}", format_address(prefix.family, prefix.hi, prefix.lo),
			   prefix.length);
}

} // namespace flowmark
