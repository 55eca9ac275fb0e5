// SPDX-License-Identifier: Apache-2.0
#include "policy/condition_parsers.h"

#include "config/scalars.h"

namespace flowmark {

bool parse_port_value(std::string_view text, Values &values)
{
	const auto range = parse_range(text, 65535);
	if (range)
		values.ranges.push_back(*range);
	return range.has_value();
}

bool parse_prefix_value(std::string_view text, Values &values)
{
	const auto prefix = parse_prefix(text);
	if (prefix)
		values.prefixes.push_back(*prefix);
	return prefix.has_value();
}

bool parse_single_value(std::optional<std::uint32_t> number, Values &values)
{
	if (!number)
		return false;
	const auto value = static_cast<std::uint16_t>(*number);
	values.ranges.push_back({value, value});
	return true;
}

} // namespace flowmark
