// SPDX-License-Identifier: Apache-2.0
#include "config/text.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include <fmt/format.h>

#include "config/utf8.h"

namespace flowmark {

namespace {

constexpr std::size_t kQuotedBytes = 40;
// Longer texts are no typing errors, and the distance costs the product of the lengths.
constexpr std::size_t kGuessedBytes = 64;

std::string escape(char32_t code)
{
	switch (code) {
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return code < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(code))
				    : fmt::format("\\u{{{:x}}}", static_cast<unsigned>(code));
	}
}

// Appends the character at text[at]; returns how many bytes it takes there.
std::size_t append_printable(std::string_view text, std::size_t at, std::string &out)
{
	const Utf8Char next = decode_utf8(text, at);
	if (next.length == 0) {
		out += escape(static_cast<unsigned char>(text[at]));
		return 1;
	}
	if (is_control(next.code) || is_deceptive(next.code))
		out += escape(next.code);
	else
		out += text.substr(at, next.length);
	return next.length;
}

char lower(char c)
{
	return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

// Insertions, deletions, replacements and swaps of neighbours that make `a` of
// `b`, case apart (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b)
{
	std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
	for (std::size_t j = 0; j <= b.size(); j++)
		last[j] = j;
	for (std::size_t i = 1; i <= a.size(); i++) {
		row[0] = i;
		for (std::size_t j = 1; j <= b.size(); j++) {
			const std::size_t replaced = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
			row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + replaced});
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = std::min(row[j], before[j - 2] + 1);
		}
		before.swap(last);
		last.swap(row);
	}
	return last[b.size()];
}

} // namespace

std::string printable(std::string_view text)
{
	std::string out;
	for (std::size_t at = 0; at < text.size();)
		at += append_printable(text, at, out);
	return out;
}

std::string quote(std::string_view text)
{
	std::string out = "'";
	std::size_t at = 0;
	while (at < text.size() && at < kQuotedBytes)
		at += append_printable(text, at, out);
	return out + (at < text.size() ? "...'" : "'");
}

std::string join(Words words)
{
	return fmt::format("{}", fmt::join(words, ", "));
}

std::string did_you_mean(std::string_view text, Words known)
{
	if (text.size() > kGuessedBytes)
		return "";
	std::size_t best = std::clamp<std::size_t>(text.size() / 3, 1, 3) + 1;
	std::string_view nearest;
	for (const std::string_view name : known) {
		const std::size_t away = distance(text, name);
		if (away < best && away < name.size()) {
			best = away;
			nearest = name;
		}
	}
	return nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", printable(nearest));
}

std::string found(std::string_view what, std::string_view expected)
{
	return fmt::format("found {}, expected {}", what, expected);
}

} // namespace flowmark
