// SPDX-License-Identifier: Apache-2.0
#include "config/encoding.h"

#include <string_view>

#include <fmt/format.h>

#include "config/text.h"
#include "config/utf8.h"

namespace flowmark {

namespace {

bool is_utf16(std::string_view text)
{
	return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

// Of the character at text[at]; "" if there is nothing against it.
std::string objection(std::string_view text, std::size_t at, const Utf8Char &next)
{
	if (next.length == 0)
		return found(fmt::format("the byte {}", printable(text.substr(at, 1))),
			     "UTF-8 text");
	if (!is_control(next.code) || next.code == '\t' || next.code == '\n')
		return "";
	if (next.code == '\r' && at + 1 < text.size() && text[at + 1] == '\n')
		return "";
	return found(
		fmt::format("the control character {}", printable(text.substr(at, next.length))),
		"printable text");
}

// Of one line, which ends at `end` (its \n, or the end of the text).
bool check_line(std::string_view text, std::size_t begin, std::size_t end, Location line,
		Report &report)
{
	for (std::size_t at = begin; at < end;) {
		const Utf8Char next = decode_utf8(text, at);
		std::string wrong = objection(text, at, next);
		if (!wrong.empty()) {
			line.column = static_cast<std::uint32_t>(at - begin + 1);
			report.error(line, std::move(wrong));
			return false;
		}
		at += next.length;
	}
	return true;
}

} // namespace

void remove_bom(std::string &text)
{
	if (text.starts_with("\xef\xbb\xbf"))
		text.erase(0, 3);
}

bool check_encoding(const std::string &text, std::uint32_t file, Report &report)
{
	if (is_utf16(text)) {
		report.error({file, 1, 1}, found("UTF-16 text", "UTF-8 text"));
		return false;
	}
	bool good = true;
	Location line{file, 1, 1};
	for (std::size_t begin = 0; begin < text.size(); line.line++) {
		const std::size_t end = std::min(text.find('\n', begin), text.size());
		good &= check_line(text, begin, end, line, report);
		begin = end + 1;
	}
	return good;
}

} // namespace flowmark
