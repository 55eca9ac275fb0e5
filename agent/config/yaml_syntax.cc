// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_syntax.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>

#include "config/text.h"

namespace flowmark {

namespace {

struct SyntaxText {
	const char *message; // what yaml-cpp's begins with
	const char *text;
};

const SyntaxText kSyntaxTexts[] = {
	{YAML::ErrorMsg::TAB_IN_INDENTATION, "found a tab in the indentation, expected spaces"},
	{YAML::ErrorMsg::DOC_IN_SCALAR,
	 "found a document mark in a quoted text, expected its closing quote"},
	{YAML::ErrorMsg::MAP_VALUE, "found a colon where no value can begin, expected one "
				    "'key: value' per line, or quotes around a text with a colon"},
	{YAML::ErrorMsg::MAP_KEY,
	 "found a key where none can begin, expected it on a line of its own"},
	{YAML::ErrorMsg::BLOCK_ENTRY,
	 "found '- ' where no list can begin, expected it on a line of its own"},
	{YAML::ErrorMsg::FLOW_END,
	 "found a closing bracket that fits no opening one, expected [...] or {...}"},
	{YAML::ErrorMsg::END_OF_MAP,
	 "found text that belongs to no key, expected 'key: value' indented like those above"},
	{YAML::ErrorMsg::END_OF_SEQ,
	 "found text that belongs to no list item, expected '- ' indented like those above"},
	{YAML::ErrorMsg::INVALID_ESCAPE,
	 "found an unknown escape in a \"...\" text, expected \\\\ for a backslash, or '...'"},
	{YAML::ErrorMsg::UNKNOWN_ANCHOR, "found an alias of no anchor, expected quotes around "
					 "a text that begins with '*'"},
	{YAML::ErrorMsg::ALIAS_NOT_FOUND,
	 "found an alias without a name, expected quotes around a text that begins with '*'"},
	{YAML::ErrorMsg::CHAR_IN_ALIAS, "found a character that no alias can have, expected "
					"quotes around a text that begins with '*'"},
	{YAML::ErrorMsg::BAD_FILE, "found lists or mappings in each other some 250 deep, "
				   "expected a policy"},
};

std::string syntax_text(std::string_view message)
{
	for (const SyntaxText &known : kSyntaxTexts) {
		if (message.starts_with(known.message))
			return known.text;
	}
	return found(fmt::format("broken YAML ({})", printable(message)), "well-formed YAML");
}

// When it has run out of text yaml-cpp leaves the mark at the start or at the end.
bool has_place(const YAML::Mark &mark, std::string_view text)
{
	const auto at = static_cast<std::size_t>(mark.pos);
	return mark.pos > 0 && text.find_first_not_of(" \r\n", at) != std::string_view::npos;
}

Location location_of(const YAML::Mark &mark, std::uint32_t file)
{
	return {file, static_cast<std::uint32_t>(mark.line + 1),
		static_cast<std::uint32_t>(mark.column + 1)};
}

std::string_view line_at(std::string_view text, std::uint32_t line)
{
	for (; line > 1 && !text.empty(); line--)
		text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
	return text.substr(0, text.find('\n'));
}

// A tab in the indentation breaks things in many ways and often a little later.
std::optional<Location> tab_before(Location at, std::string_view text)
{
	const std::string_view line = line_at(text, at.line);
	const std::size_t tab = line.substr(0, line.find_first_not_of(" \t")).find('\t');
	if (tab == std::string_view::npos || tab >= at.column)
		return std::nullopt;
	at.column = static_cast<std::uint32_t>(tab + 1);
	return at;
}

std::string unknown_token_text(std::string_view rest)
{
	return found(fmt::format("a text that begins with {}", quote(rest.substr(0, 1))),
		     "quotes around it");
}

std::string unclosed_text(std::string_view message, bool at_end)
{
	const char close = message == YAML::ErrorMsg::END_OF_MAP_FLOW ? '}' : ']';
	if (at_end)
		return fmt::format("found no end of what begins here, expected a '{}'", close);
	return fmt::format("found text that does not continue what is before it, expected "
			   "',' or '{}'",
			   close);
}

} // namespace

void report_syntax_error(const YAML::Exception &error, const std::string &text, Location innermost,
			 Report &report)
{
	const bool placed = has_place(error.mark, text);
	const Location at = placed ? location_of(error.mark, innermost.file) : innermost;
	const std::size_t offset = placed ? static_cast<std::size_t>(error.mark.pos) : 0;
	if (const std::optional<Location> tab = tab_before(at, text))
		report.error(*tab, syntax_text(YAML::ErrorMsg::TAB_IN_INDENTATION));
	else if (error.msg == YAML::ErrorMsg::UNKNOWN_TOKEN && offset < text.size())
		report.error(at, unknown_token_text(std::string_view(text).substr(offset)));
	else if (error.msg == YAML::ErrorMsg::END_OF_MAP_FLOW ||
		 error.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW)
		report.error(at, unclosed_text(error.msg, !placed));
	else
		report.error(at, syntax_text(error.msg));
}

void report_second_document(Location at, std::size_t offset, std::string_view text, Report &report)
{
	const std::string_view rest = text.substr(std::min(offset, text.size()));
	if (rest.starts_with("---"))
		report.error(at, "found a second document, expected one per file");
	else
		report.error(at, "found text that does not continue what is above it, expected the "
				 "same indentation");
}

} // namespace flowmark
