// SPDX-License-Identifier: Apache-2.0
#include "base/escape.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/text.h"
#include "config/utf8.h"

namespace flowmark {

namespace {

constexpr const char *kReplacement = "\xef\xbf\xbd"; // U+FFFD

std::string json_character(std::string_view bytes, char32_t code)
{
	if (code == '"' || code == '\\')
		return fmt::format("\\{}", bytes);
	// Past U+FFFF there are no control characters: four digits are enough.
	if (is_control(code) || is_deceptive(code))
		return fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
	return std::string(bytes);
}

} // namespace

std::string distinct_printable(std::string_view text)
{
	std::string doubled;
	doubled.reserve(text.size());
	for (const char c : text)
		doubled.append(c == '\\' ? 2 : 1, c);
	return printable(doubled);
}

std::string json_quote(std::string_view text)
{
	std::string out = "\"";
	for (std::size_t at = 0; at < text.size();) {
		const auto [code, length] = decode_utf8(text, at);
		out += length == 0 ? kReplacement : json_character(text.substr(at, length), code);
		at += std::max<std::size_t>(length, 1);
	}
	return out + '"';
}

std::size_t display_width(std::string_view text)
{
	std::size_t columns = 0;
	for (std::size_t at = 0; at < text.size(); ++columns)
		at += std::max<std::size_t>(decode_utf8(text, at).length, 1);
	return columns;
}

} // namespace flowmark
