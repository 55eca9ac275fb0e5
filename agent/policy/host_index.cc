// SPDX-License-Identifier: Apache-2.0
#include "policy/host_index.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "config/host.h"
#include "policy/host_hash.h"

namespace flowmark {

namespace {

std::uint64_t key_of(std::string_view text)
{
	if (text.starts_with(kBelow))
		return hash_host(text.substr(kBelow.size())) ^ FM_NAME_BELOW;
	return hash_host(text);
}

} // namespace

// Half full at most.
HostIndex::HostIndex(std::size_t names) : places_(std::bit_ceil(2 * names + 1))
{
	entries_.reserve(names);
	links_.reserve(names);
}

Result<HostIndex> HostIndex::make(std::span<const HostGroup> groups)
{
	std::size_t names = 0;
	for (const HostGroup group : groups)
		names += group->size();
	HostIndex index(names);
	for (std::uint32_t group = 0; group < groups.size(); group++)
		for (const std::string_view name : *groups[group])
			if (auto added = index.add(name, group); !added)
				return added.error();
	return index;
}

std::size_t HostIndex::place_of(std::uint64_t key) const
{
	std::size_t place = key & (places_.size() - 1);
	while (places_[place] != 0 && entries_[places_[place] - 1].key != key)
		place = (place + 1) & (places_.size() - 1);
	return place;
}

Result<void> HostIndex::add(std::string_view text, std::uint32_t group)
{
	const std::uint64_t key = key_of(text);
	std::uint32_t &place = places_[place_of(key)];
	if (place == 0) {
		entries_.push_back({key, text, kEnd});
		place = static_cast<std::uint32_t>(entries_.size());
		has_suffixes_ |= text.starts_with(kBelow);
	}
	HostEntry &entry = entries_[place - 1];
	if (entry.text != text)
		return Error{fmt::format("found the host names '{}' and '{}', which have the same "
					 "hash, expected one of them",
					 entry.text, text)};
	link(entry, group);
	return {};
}

// A name that a group has twice is linked once: groups come one after the other.
void HostIndex::link(HostEntry &entry, std::uint32_t group)
{
	if (entry.links != kEnd && links_[entry.links].group == group)
		return;
	links_.push_back({group, entry.links});
	entry.links = static_cast<std::uint32_t>(links_.size() - 1);
}

void HostIndex::append_groups(const HostEntry &entry, std::vector<std::uint32_t> &groups) const
{
	for (std::uint32_t at = entry.links; at != kEnd; at = links_[at].next)
		groups.push_back(links_[at].group);
}

void HostIndex::groups_of(const HostEntry &entry, std::vector<std::uint32_t> &groups) const
{
	groups.clear();
	append_groups(entry, groups);
	if (has_suffixes_)
		hash_host(entry.text, [&](std::uint64_t hash, std::size_t begin) {
			const std::uint32_t place = places_[place_of(hash ^ FM_NAME_BELOW)];
			const bool listed = place != 0 &&
					    entries_[place - 1].text.substr(kBelow.size()) ==
						    entry.text.substr(begin);
			if (listed && &entries_[place - 1] != &entry)
				append_groups(entries_[place - 1], groups);
		});
	std::sort(groups.begin(), groups.end());
	groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
}

} // namespace flowmark
