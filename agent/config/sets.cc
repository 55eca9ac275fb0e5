// SPDX-License-Identifier: Apache-2.0
// sets: { NAME: { prefixes, prefixes_file } or the same of ports or of hosts }
#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "config/expected.h"
#include "config/sections.h"
#include "config/set_file.h"

namespace flowmark {

namespace {

constexpr std::string_view kSetKeys[] = {"prefixes",   "prefixes_file", "ports",
					 "ports_file", "hosts",		"hosts_file"};

struct Kind {
	SetKind kind;
	const char *list; // the keys
	const char *file;
	const char *expected; // in the list
};

constexpr Kind kKinds[] = {
	{SetKind::prefixes, "prefixes", "prefixes_file", "an address, a prefix or a list of these"},
	{SetKind::ports, "ports", "ports_file", "a port, a range of ports or a list of these"},
	{SetKind::hosts, "hosts", "hosts_file", "a host name or a list of these"},
};

void decode_members(const YamlNode &node, const char *expected, Set &set, Context &context)
{
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

// Reports a key of another kind.
void check_one_kind(const YamlEntry &mine, const YamlEntry *other, Report &report)
{
	if (other)
		report.error(other->key->at,
			     found(fmt::format("{} beside {}", quote(other->key->text),
					       quote(mine.key->text)),
				   "a set of one kind"));
}

bool is_given(const Kind &kind, const Fields &fields)
{
	return fields.find(kind.list) != nullptr || fields.find(kind.file) != nullptr;
}

// The members of the first kind that is given.
void decode_kind(const Kind *kind, const Fields &fields, Set &set, Context &context)
{
	const YamlEntry *list = fields.find(kind->list), *file = fields.find(kind->file);
	set.kind = kind->kind;
	for (const Kind *other = kind + 1; other != std::end(kKinds); other++)
		for (const char *key : {other->list, other->file})
			check_one_kind(list ? *list : *file, fields.find(key), context.report);
	if (list)
		decode_members(*list->value, kind->expected, set, context);
	if (file)
		decode_file(*file->value, set, context);
}

void decode_content(const YamlNode &node, const Fields &fields, Set &set, Context &context)
{
	const Kind *kind = std::find_if(std::begin(kKinds), std::end(kKinds),
					[&](const Kind &k) { return is_given(k, fields); });
	if (kind != std::end(kKinds))
		decode_kind(kind, fields, set, context);
	else if (node.kind == YamlNode::Kind::map)
		context.report.error(node.at, found("a set without members",
						    fmt::format("one of {}", join(kSetKeys))));
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
	decode_content(*entry.value, Fields(*entry.value, "a set", kSetKeys, context.report), set,
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
