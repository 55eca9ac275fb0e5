// SPDX-License-Identifier: Apache-2.0
// Decimal digits off the front of a text: the inner loop of a set file of a
// million lines.
#pragma once

#include <cstdint>
#include <string_view>

namespace flowmark {

inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

// Moves a number without leading zeros, at most `max`, from the front of `text`
// to `value`. False, with `text` anywhere, if there is none.
inline bool take_number(std::string_view &text, std::uint32_t max, std::uint32_t &value)
{
	if (text.empty() || !is_digit(text[0]))
		return false;
	if (text[0] == '0' && text.size() > 1 && is_digit(text[1]))
		return false;
	std::uint64_t number = 0;
	while (!text.empty() && is_digit(text[0])) {
		number = number * 10 + static_cast<std::uint64_t>(text[0] - '0');
		if (number > max)
			return false;
		text.remove_prefix(1);
	}
	value = static_cast<std::uint32_t>(number);
	return true;
}

inline bool take_char(std::string_view &text, char c)
{
	if (text.empty() || text[0] != c)
		return false;
	text.remove_prefix(1);
	return true;
}

} // namespace flowmark
