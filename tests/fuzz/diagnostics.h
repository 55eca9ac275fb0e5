// SPDX-License-Identifier: Apache-2.0
// What holds for whatever the reader of policies says of one.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "config/loader.h"
#include "config/utf8.h"
#include "fuzz/fuzz.h"

namespace flowmark::fuzz {

// Nothing that a terminal would act upon.
inline bool is_harmless(std::string_view text)
{
	for (std::size_t at = 0; at < text.size();) {
		const Utf8Char next = decode_utf8(text, at);
		if (next.length == 0 || is_control(next.code) || is_deceptive(next.code))
			return false;
		at += next.length;
	}
	return true;
}

// Without its byte order mark, which takes no column.
inline std::string_view without_mark(std::string_view text)
{
	constexpr std::string_view kMark = "\xef\xbb\xbf";
	return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

// Line and column, or the place behind the last byte of a line; of no line and no column:
// all of the text, all of the line.
inline bool stands_in(const Diagnostic &diagnostic, std::string_view text)
{
	text = without_mark(text);
	if (diagnostic.line == 0)
		return diagnostic.column == 0;
	for (std::uint32_t line = 1; line < diagnostic.line; line++) {
		const std::size_t end = text.find('\n');
		if (end == std::string_view::npos)
			return false;
		text.remove_prefix(end + 1);
	}
	return diagnostic.column <= std::min(text.find('\n'), text.size()) + 1;
}

inline void require_sound(const Diagnostic &diagnostic)
{
	require(diagnostic.text.starts_with("found ") &&
			diagnostic.text.find(", expected ") != std::string::npos,
		"what was found and what was expected");
	require(is_harmless(diagnostic.format()), "a line for a terminal");
}

} // namespace flowmark::fuzz
