// SPDX-License-Identifier: Apache-2.0
#include "config/fields.h"

#include <algorithm>

#include <fmt/format.h>

namespace flowmark {

std::string describe(const YamlNode &node)
{
	switch (node.kind) {
	case YamlNode::Kind::scalar:
		return quote(node.text);
	case YamlNode::Kind::list:
		return node.items.empty() ? "an empty list" : "a list";
	case YamlNode::Kind::map:
		return "a mapping";
	case YamlNode::Kind::null:
		break;
	}
	return "nothing";
}

void refuse(const YamlNode &node, std::string_view expected, Report &report)
{
	report.error(node.at, found(describe(node), expected));
}

namespace {

bool expect_kind(YamlNode::Kind kind, const YamlNode &node, std::string_view expected,
		 Report &report)
{
	if (node.kind != kind)
		refuse(node, expected, report);
	return node.kind == kind;
}

} // namespace

bool expect_list(const YamlNode &node, std::string_view expected, Report &report)
{
	return expect_kind(YamlNode::Kind::list, node, expected, report);
}

bool expect_map(const YamlNode &node, std::string_view expected, Report &report)
{
	return expect_kind(YamlNode::Kind::map, node, expected, report);
}

bool expect_scalar(const YamlNode &node, std::string_view expected, Report &report)
{
	return expect_kind(YamlNode::Kind::scalar, node, expected, report);
}

void each_scalar(const YamlNode &node, std::string_view expected, EmptyList empty, Report &report,
		 const std::function<void(const YamlNode &)> &each)
{
	if (node.kind != YamlNode::Kind::list) {
		if (expect_scalar(node, expected, report))
			each(node);
		return;
	}
	if (node.items.empty() && empty == EmptyList::refused)
		refuse(node, expected, report);
	for (const YamlNode *item : node.items) {
		if (expect_scalar(*item, expected, report))
			each(*item);
	}
}

Fields::Fields(const YamlNode &node, std::string_view what, Words known, Report &report)
	: node_(node), what_(what), known_(known), report_(report),
	  entries_(known.size(), YamlEntry{nullptr, nullptr})
{
	if (!expect_map(node, fmt::format("{} with {}", what, join(known)), report))
		return;
	for (std::size_t i = 0; i + 1 < node.items.size(); i += 2)
		add({node.items[i], node.items[i + 1]});
}

void Fields::add(const YamlEntry &entry)
{
	const std::string expected = fmt::format("one of {}", join(known_));
	if (!expect_scalar(*entry.key, expected, report_))
		return;
	const std::string &name = entry.key->text;
	const auto known = std::find(known_.begin(), known_.end(), name);
	if (known == known_.end()) {
		refuse(*entry.key, expected + did_you_mean(name, known_), report_);
		return;
	}
	YamlEntry &known_entry = entries_[static_cast<std::size_t>(known - known_.begin())];
	if (!known_entry.key)
		known_entry = entry;
	else
		report_.error(entry.key->at,
			      found(fmt::format("{} again (first at {})", quote(name),
						report_.where(known_entry.key->at, entry.key->at)),
				    "it once"));
}

const YamlEntry *Fields::find(std::string_view key) const
{
	const auto known = std::find(known_.begin(), known_.end(), key);
	const YamlEntry &entry = entries_[static_cast<std::size_t>(known - known_.begin())];
	return entry.key ? &entry : nullptr;
}

const YamlEntry *Fields::require(std::string_view key) const
{
	const YamlEntry *entry = find(key);
	if (!entry && node_.kind == YamlNode::Kind::map)
		report_.error(node_.at,
			      found(fmt::format("{} without {}", what_, quote(key)), "that key"));
	return entry;
}

} // namespace flowmark
