// SPDX-License-Identifier: Apache-2.0
#include "commands/units.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace flowmark {

namespace {

// Whole numbers that are written out have no fraction to show.
std::string three_digits(double value, bool written_out)
{
	if (value >= 99.95 || (written_out && value == std::floor(value)))
		return fmt::format("{:.0f}", value);
	return fmt::format(fmt::runtime(value >= 9.995 ? "{:.1f}" : "{:.2f}"), value);
}

} // namespace

std::string format_si(double value, std::string_view unit)
{
	constexpr std::array<const char *, 6> kPrefixes{"", "k", "M", "G", "T", "P"};
	std::size_t prefix = 0;
	// 999.5 would be written as 1000.
	while (value >= 999.5 && prefix + 1 < kPrefixes.size()) {
		value /= 1000;
		++prefix;
	}
	const std::string number = three_digits(value, prefix == 0);
	const bool bare = unit.empty() && prefix == 0;
	return bare ? number : fmt::format("{} {}{}", number, kPrefixes.at(prefix), unit);
}

std::string format_duration(double seconds)
{
	constexpr double kLongest = 1e15; // what an answer says may be more than 64 bits hold
	const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, kLongest));
	const std::uint64_t minutes = whole / 60, hours = minutes / 60, days = hours / 24;
	if (days > 0)
		return fmt::format("{} d {} h", days, hours % 24);
	if (hours > 0)
		return fmt::format("{} h {} min", hours, minutes % 60);
	if (minutes > 0)
		return fmt::format("{} min {} s", minutes, whole % 60);
	return fmt::format("{} s", whole);
}

std::string format_end(const std::string &address, std::optional<std::uint16_t> port)
{
	if (!port)
		return address;
	const bool ipv6 = address.find(':') != std::string::npos;
	return fmt::format(fmt::runtime(ipv6 ? "[{}]:{}" : "{}:{}"), address, *port);
}

std::string format_percent(double part, double whole)
{
	if (whole <= 0)
		return "-";
	const double percent = 100 * part / whole;
	if (percent > 0 && percent < 0.1)
		return "<0.1%";
	if (percent == 0 || percent >= 99.95)
		return fmt::format("{:.0f}%", percent);
	return fmt::format("{:.1f}%", percent);
}

} // namespace flowmark
