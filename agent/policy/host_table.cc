// SPDX-License-Identifier: Apache-2.0
#include "policy/host_table.h"

#include <bit>
#include <cstring>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "policy/content_hash.h"
#include "policy/host_hash.h"
#include "policy/host_index.h"

namespace flowmark {

namespace {

// Buckets are half full on average; with so few, one in fifty sends a name on to the next.
constexpr std::size_t kLoad = FM_HOST_BUCKET / 2;
constexpr unsigned kGrowths = 6;

std::uint64_t mix_text(std::uint64_t hash, std::string_view text)
{
	hash = mix_content(hash, text.size());
	while (!text.empty()) {
		std::uint64_t word = 0;
		const std::size_t bytes = std::min(text.size(), sizeof(word));
		std::memcpy(&word, text.data(), bytes);
		hash = mix_content(hash, word);
		text.remove_prefix(bytes);
	}
	return hash;
}

// Numbers the different lists of groups in the order in which they appear.
class Classes {
      public:
	std::uint32_t number(const std::vector<std::uint32_t> &groups)
	{
		if (groups != lists_[last_]) // neighbours in a file mostly share them
			last_ = ids_.emplace(groups, static_cast<std::uint32_t>(lists_.size()))
					.first->second;
		if (last_ == lists_.size())
			lists_.push_back(groups);
		return last_;
	}
	[[nodiscard]] std::size_t size() const { return lists_.size(); }
	[[nodiscard]] std::vector<std::vector<std::uint32_t>> take() { return std::move(lists_); }

      private:
	std::vector<std::vector<std::uint32_t>> lists_{{}};
	std::map<std::vector<std::uint32_t>, std::uint32_t> ids_;
	std::uint32_t last_ = 0;
};

// The class of every entry.
std::vector<std::uint32_t> classify(const HostIndex &index, Classes &classes)
{
	std::vector<std::uint32_t> numbers, groups;
	numbers.reserve(index.entries().size());
	for (const HostEntry &entry : index.entries()) {
		index.groups_of(entry, groups);
		numbers.push_back(classes.number(groups));
	}
	return numbers;
}

// Walks the entries that a search for `key` sees, until one is free or visit() says so.
// Returns false if it saw all of them.
template <typename Entries, typename Visit>
bool walk(Entries &entries, std::uint32_t log2, std::uint64_t key, Visit &&visit)
{
	const std::uint64_t mask = (std::uint64_t{1} << log2) - 1;
	for (std::uint32_t i = 0; i < FM_HOST_PROBES; i++) {
		auto *entry = &entries[((key + i) & mask) * FM_HOST_BUCKET];
		for (std::uint32_t k = 0; k < FM_HOST_BUCKET; k++)
			if (visit(entry[k]) || entry[k] == 0)
				return true;
	}
	return false;
}

bool has_tag(std::uint64_t entry, std::uint64_t key)
{
	return entry != 0 && entry >> 16 == key >> 16;
}

// False if all of the places are taken, or if a search would come upon an entry of another
// class with the same tag.
bool place(std::vector<std::uint64_t> &entries, std::uint32_t log2, std::uint64_t key,
	   std::uint32_t cls)
{
	const std::uint64_t wanted = key >> 16 << 16 | cls;
	bool placed = false;
	walk(entries, log2, key, [&](std::uint64_t &entry) {
		if (entry == 0)
			entry = wanted;
		placed = entry == wanted;
		return has_tag(entry, key);
	});
	return placed;
}

// 0: no entry has that key.
std::uint32_t find(const HostTable &table, std::uint64_t key)
{
	std::uint64_t found = 0;
	walk(table.entries, table.log2, key, [&](std::uint64_t entry) {
		if (has_tag(entry, key))
			found = entry;
		return found != 0;
	});
	return static_cast<std::uint32_t>(found & FM_HOST_CLASS);
}

bool place_all(const HostIndex &index, const std::vector<std::uint32_t> &classes, HostTable &table)
{
	table.entries.assign(std::size_t{FM_HOST_BUCKET} << table.log2, 0);
	for (std::size_t i = 0; i < classes.size(); i++)
		if (!place(table.entries, table.log2, index.entries()[i].key, classes[i]))
			return false;
	return true;
}

// Names whose tags are equal lie in reach of each other only while the buckets before
// them are full: in a larger table they are not.
Result<void> fill_table(const HostIndex &index, const std::vector<std::uint32_t> &classes,
			HostTable &table)
{
	const std::size_t buckets = std::bit_ceil(classes.size() / kLoad + 1);
	table.log2 = static_cast<std::uint32_t>(std::countr_zero(buckets));
	for (const std::uint32_t most = table.log2 + kGrowths; table.log2 <= most; table.log2++)
		if (place_all(index, classes, table))
			return {};
	return Error{fmt::format("found {} host names whose hashes do not spread, expected a table "
				 "of them to fit",
				 classes.size())};
}

} // namespace

std::uint64_t fingerprint(std::span<const HostGroup> groups)
{
	std::uint64_t hash = groups.size();
	for (const HostGroup group : groups) {
		hash = mix_content(hash, group->size());
		for (const std::string_view name : *group)
			hash = mix_text(hash, name);
	}
	return hash;
}

Result<std::shared_ptr<const HostTable>> build_host_table(std::span<const HostGroup> groups)
{
	auto index = HostIndex::make(groups);
	if (!index)
		return index.error();
	Classes classes;
	const std::vector<std::uint32_t> numbers = classify(*index, classes);
	if (classes.size() > FM_MAX_HOSTS)
		return Error{fmt::format("found {} different overlaps of the rules' host names, "
					 "expected at most {}",
					 classes.size(), FM_MAX_HOSTS)};

	auto table = std::make_shared<HostTable>();
	if (auto filled = fill_table(*index, numbers, *table); !filled)
		return filled.error();
	table->names = static_cast<std::uint32_t>(numbers.size());
	table->classes = classes.take();
	table->fingerprint = fingerprint(groups);
	return std::shared_ptr<const HostTable>(std::move(table));
}

std::uint32_t host_class(const HostTable &table, std::string_view name)
{
	std::uint32_t below = 0; // of the longest suffix that is listed
	unsigned suffixes = 0;
	const std::uint64_t whole = hash_host(name, [&](std::uint64_t hash, std::size_t) {
		if (suffixes++ < FM_NAME_SUFFIXES)
			if (const std::uint32_t found = find(table, hash ^ FM_NAME_BELOW))
				below = found;
	});
	const std::uint32_t exact = find(table, whole);
	return exact != 0 ? exact : below;
}

} // namespace flowmark
