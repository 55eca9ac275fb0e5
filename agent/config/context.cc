// SPDX-License-Identifier: Apache-2.0
#include "config/context.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/fields.h"

namespace flowmark {

namespace {

constexpr std::size_t kMaxNameLength = 32;

// Not isalnum(3), which asks the locale.
bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view text)
{
	if (text.empty() || text.size() > kMaxNameLength || !is_alphanumeric(text[0]))
		return false;
	return std::all_of(text.begin(), text.end(), [](char c) {
		return is_alphanumeric(c) || c == '_' || c == '.' || c == '-';
	});
}

} // namespace

void enter_name(const YamlNode &name, const char *what, std::size_t index, NameTable &names,
		Report &report)
{
	if (!is_name(name.text))
		refuse(name,
		       "a name of 1 to 32 letters, digits, '_', '.' or '-', the first a letter "
		       "or digit",
		       report);
	const auto [entry, is_new] = names.emplace(
		name.text, Named{static_cast<std::uint32_t>(index), name.at});
	if (!is_new)
		report.error(name.at,
			     found(fmt::format("{} {} again (first at {})", what, quote(name.text),
					       report.where(entry->second.at, name.at)),
				   "each name once"));
}

std::optional<std::uint32_t> find_class(const YamlNode &node, Context &context)
{
	const std::string_view expected = "the name of a class";
	if (!expect_scalar(node, expected, context.report))
		return std::nullopt;
	const auto entry = context.classes.find(node.text);
	if (entry != context.classes.end())
		return entry->second.index;
	if (context.names_complete)
		refuse(node,
		       fmt::format("{}{}", expected,
				   did_you_mean(node.text, names_of(context.classes))),
		       context.report);
	return std::nullopt;
}

bool give_once(const YamlNode &key, const std::string &setting, Context &context)
{
	const auto [entry, is_new] = context.given.emplace(setting, key.at);
	if (!is_new)
		context.report.error(key.at,
				     found(fmt::format("{} again (first at {})", quote(setting),
						       context.report.where(entry->second, key.at)),
					   "it once over all files"));
	return is_new;
}

void check_limit(std::size_t count, std::size_t max, const char *what, Location at, Report &report)
{
	if (count == max + 1)
		report.error(at, found(fmt::format("{} number {}", what, count),
				       fmt::format("at most {}", max)));
}

std::vector<std::string_view> names_of(const NameTable &names)
{
	std::vector<std::string_view> out;
	for (const auto &[name, named] : names)
		out.emplace_back(name);
	return out;
}

} // namespace flowmark
