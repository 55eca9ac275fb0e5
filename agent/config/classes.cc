// SPDX-License-Identifier: Apache-2.0
// classes: [{ name, dscp, police }] and default: NAME
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "config/expected.h"
#include "config/scalars.h"
#include "config/sections.h"

namespace flowmark {

namespace {

constexpr std::string_view kClassKeys[] = {"name", "dscp", "police"};
constexpr std::string_view kPoliceKeys[] = {"rate", "burst"};

// 50 ms: small beside what a rate is measured over, long enough for TCP to keep it.
std::uint64_t default_burst(std::uint64_t rate)
{
	constexpr std::uint64_t kLeast = 16384;
	return std::max(rate / 8 / 20, kLeast);
}

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

void decode_rate(const YamlNode &node, std::uint64_t &rate, Report &report)
{
	const std::string_view expected =
		"a rate of 8kbit to 400gbit: a whole number and bit, kbit, mbit or gbit";
	if (!expect_scalar(node, expected, report))
		return;
	if (const auto parsed = parse_rate(node.text))
		rate = *parsed;
	else
		refuse(node, expected, report);
}

void decode_burst(const YamlNode &node, std::uint64_t &burst, Report &report)
{
	const std::string_view expected = "a size of 1b to 4gb: a whole number and b, kb, mb or gb";
	if (!expect_scalar(node, expected, report))
		return;
	if (const auto parsed = parse_size(node.text))
		burst = *parsed;
	else
		refuse(node, expected, report);
}

// police: RATE, or { rate, burst }
void decode_police(const YamlNode &node, Police &police, Report &report)
{
	if (node.kind != YamlNode::Kind::map) {
		decode_rate(node, police.rate, report);
	} else {
		const Fields fields(node, "a policer", kPoliceKeys, report);
		if (const YamlEntry *rate = fields.require("rate"))
			decode_rate(*rate->value, police.rate, report);
		if (const YamlEntry *burst = fields.find("burst"))
			decode_burst(*burst->value, police.burst, report);
	}
	if (police.burst == 0)
		police.burst = default_burst(police.rate);
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
	const Fields fields(node, "a class", kClassKeys, context.report);
	decode_class_name(fields.require("name"), entry, context);
	if (const YamlEntry *dscp = fields.require("dscp"))
		decode_dscp(*dscp->value, entry.dscp, context.report);
	if (const YamlEntry *police = fields.find("police"))
		decode_police(*police->value, entry.police, context.report);
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
