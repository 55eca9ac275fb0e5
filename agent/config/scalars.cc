// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.h"

#include <algorithm>
#include <span>
#include <strings.h>

#include "config/digits.h"

namespace flowmark {

namespace {

struct Name {
	const char *text;
	std::uint8_t number;
};

// The first name of a number is the one that is shown.
constexpr Name kDscpNames[] = {
	{"CS0", 0},   {"BE", 0},    {"DF", 0},	  {"LE", 1},	{"CS1", 8},   {"AF11", 10},
	{"AF12", 12}, {"AF13", 14}, {"CS2", 16},  {"AF21", 18}, {"AF22", 20}, {"AF23", 22},
	{"CS3", 24},  {"AF31", 26}, {"AF32", 28}, {"AF33", 30}, {"CS4", 32},  {"AF41", 34},
	{"AF42", 36}, {"AF43", 38}, {"CS5", 40},  {"VA", 44},	{"NQB", 45},  {"EF", 46},
	{"CS6", 48},  {"CS7", 56},
};

// The names of IANA's registry that people use, in lower case.
constexpr Name kProtocolNames[] = {
	{"icmp", 1},	  {"igmp", 2},	{"ipip", 4},	{"tcp", 6},	   {"egp", 8},
	{"udp", 17},	  {"dccp", 33}, {"ipv6", 41},	{"rsvp", 46},	   {"gre", 47},
	{"esp", 50},	  {"ah", 51},	{"icmpv6", 58}, {"ipv6-icmp", 58}, {"eigrp", 88},
	{"ospf", 89},	  {"pim", 103}, {"vrrp", 112},	{"l2tp", 115},	   {"sctp", 132},
	{"udplite", 136},
};

template <std::size_t N>
std::optional<std::uint8_t> number_of(const Name (&names)[N], std::string_view text)
{
	for (const Name &name : names) {
		const std::string_view known = name.text;
		if (known.size() == text.size() &&
		    strncasecmp(known.data(), text.data(), text.size()) == 0)
			return name.number;
	}
	return std::nullopt;
}

template <std::size_t N>
std::string name_of(const Name (&names)[N], std::uint8_t number)
{
	for (const Name &name : names) {
		if (name.number == number)
			return name.text;
	}
	return std::to_string(number);
}

template <std::size_t N>
std::optional<std::uint8_t> parse_named(const Name (&names)[N], std::string_view text,
					std::uint32_t max)
{
	if (const std::optional<std::uint32_t> number = parse_number(text, max))
		return static_cast<std::uint8_t>(*number);
	return number_of(names, text);
}

} // namespace

std::optional<std::uint32_t> parse_number(std::string_view text, std::uint32_t max)
{
	std::uint32_t value = 0;
	if (!take_number(text, max, value) || !text.empty())
		return std::nullopt;
	return value;
}

std::optional<Range> parse_range(std::string_view text, std::uint16_t max)
{
	std::uint32_t first = 0;
	if (!take_number(text, max, first))
		return std::nullopt;
	std::uint32_t last = first;
	if (!text.empty() && !(take_char(text, '-') && take_number(text, max, last)))
		return std::nullopt;
	if (!text.empty() || last < first)
		return std::nullopt;
	return Range{static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
}

std::optional<std::uint8_t> parse_dscp(std::string_view text)
{
	return parse_named(kDscpNames, text, FM_DSCP_MASK);
}

std::optional<std::uint8_t> parse_protocol(std::string_view text)
{
	return parse_named(kProtocolNames, text, 255);
}

namespace {

struct Unit {
	std::string_view name;
	std::uint64_t value;
};

// A whole number right before one of the units, at most `max` of them times its value.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units,
					    std::uint64_t max)
{
	const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
	const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit &candidate) {
		return candidate.name == text.substr(digits);
	});
	if (unit == units.end())
		return std::nullopt;
	const auto number = parse_number(text.substr(0, digits), UINT32_MAX);
	if (!number || *number > max / unit->value)
		return std::nullopt;
	return *number * unit->value;
}

} // namespace

std::optional<std::uint64_t> parse_rate(std::string_view text)
{
	constexpr std::uint64_t kLeast = 8'000, kMost = 400'000'000'000;
	static constexpr Unit kUnits[] = {
		{"bit", 1}, {"kbit", 1'000}, {"mbit", 1'000'000}, {"gbit", 1'000'000'000}};
	const auto rate = parse_quantity(text, kUnits, kMost);
	return rate && *rate >= kLeast ? rate : std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text)
{
	constexpr std::uint64_t kMost = 4ULL << 30;
	static constexpr Unit kUnits[] = {
		{"b", 1}, {"kb", 1ULL << 10}, {"mb", 1ULL << 20}, {"gb", 1ULL << 30}};
	const auto size = parse_quantity(text, kUnits, kMost);
	return size && *size > 0 ? size : std::nullopt;
}

std::string format_dscp(std::uint8_t dscp)
{
	return dscp == FM_DSCP_KEEP ? "keep" : name_of(kDscpNames, dscp);
}

std::string format_protocol(std::uint8_t protocol)
{
	return name_of(kProtocolNames, protocol);
}

} // namespace flowmark
