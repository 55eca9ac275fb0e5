// SPDX-License-Identifier: Apache-2.0
// sets: { NAME: { prefixes, prefixes_file } or { ports, ports_file } }
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "config/expected.h"
#include "config/sections.h"
#include "config/set_file.h"

namespace flowmark {

namespace {

constexpr std::string_view kKeys[] = {"prefixes", "prefixes_file", "ports", "ports_file"};

void decode_members(const YamlNode &node, Set &set, Context &context)
{
	const char *expected = set.kind == SetKind::ports
				       ? "a port, a range of ports or a list of these"
				       : "an address, a prefix or a list of these";
	each_scalar(node, expected, EmptyList::refused, context.report,
		    [&](const YamlNode &member) {
			    if (!add_set_member(member.text, member.at, set, context))
				    refuse(member, expected_member(set.kind, member.text),
					   context.report);
		    });
}

// A path with a NUL would be opened as another one, and one with a control
// character is a slip.
bool is_path(std::string_view text)
{
	return !text.empty() && printable(text) == text;
}

void decode_file(const YamlNode &node, Set &set, Context &context)
{
	const std::string_view expected = "the path of a file with one member per line";
	if (!expect_scalar(node, expected, context.report))
		return;
	if (!is_path(node.text)) {
		refuse(node, expected, context.report);
		return;
	}
	const std::filesystem::path policy = context.report.files()[node.at.file];
	read_set_file((policy.parent_path() / node.text).string(), node, set, context);
}

// Reports the keys of the other kind.
void check_one_kind(const YamlEntry *mine, const YamlEntry *other, Report &report)
{
	if (mine && other)
		report.error(other->key->at,
			     found(fmt::format("{} beside {}", quote(other->key->text),
					       quote(mine->key->text)),
				   "a set of prefixes or a set of ports"));
}

SetKind kind_of(const Fields &fields)
{
	if (fields.find("prefixes") || fields.find("prefixes_file"))
		return SetKind::prefixes;
	return fields.find("ports") || fields.find("ports_file") ? SetKind::ports : SetKind::none;
}

void decode_content(const YamlNode &node, const Fields &fields, Set &set, Context &context)
{
	set.kind = kind_of(fields);
	const bool ports = set.kind == SetKind::ports;
	const YamlEntry *list = fields.find(ports ? "ports" : "prefixes");
	const YamlEntry *file = fields.find(ports ? "ports_file" : "prefixes_file");
	if (!ports) {
		check_one_kind(list ? list : file, fields.find("ports"), context.report);
		check_one_kind(list ? list : file, fields.find("ports_file"), context.report);
	}
	if (!list && !file && node.kind == YamlNode::Kind::map)
		context.report.error(node.at, found("a set without members",
						    fmt::format("one of {}", join(kKeys))));
	if (list)
		decode_members(*list->value, set, context);
	if (file)
		decode_file(*file->value, set, context);
}

void decode_set(const YamlEntry &entry, Context &context)
{
	if (!expect_scalar(*entry.key, "the name of a set", context.report)) {
		context.names_complete = false;
		return;
	}
	Set set;
	set.name = entry.key->text;
	set.location = entry.key->at;
	enter_name(*entry.key, "set", context.config.sets.size(), context.sets, context.report);
	decode_content(*entry.value, Fields(*entry.value, "a set", kKeys, context.report), set,
		       context);
	context.config.sets.push_back(std::move(set));
}

} // namespace

void decode_sets(const YamlEntry &section, Context &context)
{
	const YamlNode &sets = *section.value;
	if (!expect_map(sets, "a mapping of names to sets", context.report)) {
		context.names_complete = false;
		return;
	}
	for (std::size_t i = 0; i + 1 < sets.items.size(); i += 2)
		decode_set({sets.items[i], sets.items[i + 1]}, context);
}

} // namespace flowmark
