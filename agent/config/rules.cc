// SPDX-License-Identifier: Apache-2.0
// rules: [{ class, CONDITION: VALUES ... }]
#include <utility>

#include <fmt/format.h>

#include "config/expected.h"
#include "config/host.h"
#include "config/sections.h"

#include "policy/condition.h"

namespace flowmark {

namespace {

std::vector<std::string_view> rule_keys()
{
	std::vector<std::string_view> keys = {"class"};
	for (const ConditionType *type : condition_types())
		keys.emplace_back(type->key);
	return keys;
}

const char *name_of(SetKind kind)
{
	if (kind == SetKind::hosts)
		return "a set of host names";
	return kind == SetKind::ports ? "a set of ports" : "a set of prefixes";
}

// Enters "@name", if it is a set of the condition's kind.
void refer_to_set(const ConditionType &type, const YamlNode &node, Values &values, Context &context)
{
	if (type.sets == SetKind::none) {
		refuse(node, fmt::format("{} ('{}' takes no sets)", type.expects, type.key),
		       context.report);
		return;
	}
	const auto entry = context.sets.find(std::string_view(node.text).substr(1));
	if (entry == context.sets.end()) {
		if (context.names_complete)
			refuse(node,
			       fmt::format(
				       "'@' and the name of a set{}",
				       did_you_mean(node.text.substr(1), names_of(context.sets))),
			       context.report);
		return;
	}
	const SetKind kind = context.config.sets[entry->second.index].kind;
	if (kind != type.sets && kind != SetKind::none)
		context.report.error(node.at,
				     found(fmt::format("{}, {}", quote(node.text), name_of(kind)),
					   name_of(type.sets)));
	values.sets.push_back(entry->second.index);
}

std::string expected_value(const ConditionType &type, std::string_view text)
{
	if (type.sets == SetKind::prefixes)
		return expected_prefix(text, type.expects);
	if (type.sets == SetKind::hosts)
		return expected_host(text);
	return expected_number(text, type.expects);
}

Values decode_values(const ConditionType &type, const YamlEntry &condition, Context &context)
{
	Values values;
	values.location = condition.key->at;
	each_scalar(*condition.value, type.expects, EmptyList::refused, context.report,
		    [&](const YamlNode &node) {
			    if (node.text.starts_with('@'))
				    refer_to_set(type, node, values, context);
			    else if (!type.parse(node.text, values))
				    refuse(node, expected_value(type, node.text), context.report);
		    });
	return values;
}

void decode_rule(const YamlNode &node, const std::vector<std::string_view> &keys, Context &context)
{
	Rule rule;
	rule.location = node.at;
	const Fields fields(node, "a rule", keys, context.report);
	if (const YamlEntry *name = fields.require("class"))
		rule.class_index = find_class(*name->value, context).value_or(0);
	for (std::size_t i = 0; i < FM_COND_COUNT; i++) {
		const ConditionType &type = *condition_types()[i];
		if (const YamlEntry *condition = fields.find(type.key))
			rule.conditions[i] = decode_values(type, *condition, context);
	}
	context.config.rules.push_back(std::move(rule));
	check_limit(context.config.rules.size(), FM_MAX_RULES, "rule", node.at, context.report);
}

} // namespace

void decode_rules(const YamlEntry &section, Context &context)
{
	if (!expect_list(*section.value, "a list of rules", context.report))
		return;
	const std::vector<std::string_view> keys = rule_keys();
	for (const YamlNode *node : section.value->items)
		decode_rule(*node, keys, context);
}

} // namespace flowmark
