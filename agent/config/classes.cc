// SPDX-License-Identifier: Apache-2.0
// classes: [{ name, dscp }] and default: NAME
#include <utility>

#include <fmt/format.h>

#include "config/expected.h"
#include "config/scalars.h"
#include "config/sections.h"

namespace flowmark {

namespace {

constexpr std::string_view kKeys[] = {"name", "dscp"};

void decode_dscp(const YamlNode &node, std::uint8_t &dscp, Report &report)
{
	const std::string_view expected =
		"keep, a number of 0 to 63, or a name such as EF, AF41, CS5 or LE";
	if (!expect_scalar(node, expected, report) || node.text == "keep")
		return;
	if (const std::optional<std::uint8_t> codepoint = parse_dscp(node.text))
		dscp = *codepoint;
	else
		refuse(node, expected_number(node.text, expected), report);
}

// A class without a name may be the one that a rule wants.
void decode_class_name(const YamlEntry *name, Class &entry, Context &context)
{
	if (!name || !expect_scalar(*name->value, "the name of the class", context.report)) {
		context.names_complete = false;
		return;
	}
	entry.name = name->value->text;
	enter_name(*name->value, "class", context.config.classes.size(), context.classes,
		   context.report);
}

void decode_class(const YamlNode &node, Context &context)
{
	Class entry;
	entry.location = node.at;
	const Fields fields(node, "a class", kKeys, context.report);
	decode_class_name(fields.require("name"), entry, context);
	if (const YamlEntry *dscp = fields.require("dscp"))
		decode_dscp(*dscp->value, entry.dscp, context.report);
	context.config.classes.push_back(std::move(entry));
	check_limit(context.config.classes.size(), FM_MAX_CLASSES, "class", node.at,
		    context.report);
}

} // namespace

void decode_classes(const YamlEntry &section, Context &context)
{
	if (!expect_list(*section.value, "a list of classes", context.report)) {
		context.names_complete = false;
		return;
	}
	for (const YamlNode *node : section.value->items)
		decode_class(*node, context);
}

void decode_default(const YamlEntry &section, Context &context)
{
	if (!give_once(*section.key, "default", context))
		return;
	context.config.default_class = find_class(*section.value, context).value_or(0);
}

} // namespace flowmark
