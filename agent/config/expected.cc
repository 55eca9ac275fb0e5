// SPDX-License-Identifier: Apache-2.0
#include "config/expected.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "config/digits.h"
#include "config/host.h"
#include "config/prefix.h"
#include "config/scalars.h"

namespace flowmark {

namespace {

constexpr std::string_view kNoLeadingZeros =
	"a number without leading zeros (some programs read 010 as 8)";

// A 0 in front of another digit, where a decimal number begins.
bool has_leading_zero(std::string_view text)
{
	for (std::size_t i = 0; i + 1 < text.size(); i++) {
		const bool begins = i == 0 || !is_digit(text[i - 1]);
		if (begins && text[i] == '0' && is_digit(text[i + 1]))
			return true;
	}
	return false;
}

bool is_made_of(std::string_view text, std::string_view characters)
{
	return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

// "5061-5060": the right order, if that is all there is to it.
std::optional<std::string> turned_range(std::string_view text)
{
	const std::size_t dash = text.find('-');
	if (dash == std::string_view::npos)
		return std::nullopt;
	const auto first = parse_number(text.substr(0, dash), UINT16_MAX);
	const auto last = parse_number(text.substr(dash + 1), UINT16_MAX);
	if (!first || !last || *first <= *last)
		return std::nullopt;
	return fmt::format("the lower number first ({}-{})", *last, *first);
}

std::string both_meanings(const Prefix &prefix)
{
	const std::uint8_t longest = max_prefix_length(prefix.family);
	return fmt::format("{} (the network) or {} (the one address)",
			   format_prefix(mask_prefix(prefix, prefix.length)),
			   format_prefix(mask_prefix(prefix, longest)));
}

// Of a text whose address is right: what its length may be.
std::optional<std::string> expected_length(std::string_view text)
{
	const std::size_t slash = text.find('/');
	if (slash == std::string_view::npos)
		return std::nullopt;
	const auto address = parse_prefix_with_host_bits(text.substr(0, slash));
	if (!address)
		return std::nullopt;
	if (has_leading_zero(text.substr(slash)))
		return std::string(kNoLeadingZeros);
	return fmt::format("a length of 0 to {} for IPv{}", max_prefix_length(address->family),
			   address->family);
}

} // namespace

std::string expected_number(std::string_view text, std::string_view general)
{
	if (is_made_of(text, "0123456789-") && has_leading_zero(text))
		return std::string(kNoLeadingZeros);
	return turned_range(text).value_or(std::string(general));
}

std::string expected_prefix(std::string_view text, std::string_view general)
{
	if (is_made_of(text, "0123456789./") && has_leading_zero(text))
		return std::string(kNoLeadingZeros);
	if (const std::optional<Prefix> prefix = parse_prefix_with_host_bits(text))
		return both_meanings(*prefix);
	return expected_length(text).value_or(std::string(general));
}

std::string expected_member(SetKind kind, std::string_view text)
{
	if (kind == SetKind::ports)
		return expected_number(text, "a port of 0 to 65535 or a range such as 5060-5061");
	if (kind == SetKind::hosts)
		return expected_host(text);
	return expected_prefix(text,
			       "an address or a prefix such as 192.0.2.0/24 or 2001:db8::/32");
}

} // namespace flowmark
