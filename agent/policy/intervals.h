// SPDX-License-Identifier: Apache-2.0
// Nested prefixes to disjoint intervals: a sweep over the sorted prefixes with a
// stack of those that are open, for prefixes nest and never cross.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace flowmark {

// Sets of groups, each stored once. Id 0 is the empty set.
class GroupSets {
      public:
	GroupSets() { intern({}); }

	// The id of set `id` with `group` in it too.
	std::uint32_t add(std::uint32_t id, std::uint32_t group)
	{
		const std::uint64_t key = static_cast<std::uint64_t>(id) << 32 | group;
		if (const auto found = added_.find(key); found != added_.end())
			return found->second;
		std::vector<std::uint32_t> groups = sets_[id];
		const auto at = std::lower_bound(groups.begin(), groups.end(), group);
		if (at == groups.end() || *at != group)
			groups.insert(at, group);
		return added_[key] = intern(std::move(groups));
	}

	[[nodiscard]] std::vector<std::vector<std::uint32_t>> take() { return std::move(sets_); }
	[[nodiscard]] std::size_t size() const { return sets_.size(); }

      private:
	std::uint32_t intern(std::vector<std::uint32_t> groups)
	{
		const auto [at, fresh] = ids_.emplace(std::move(groups),
						      static_cast<std::uint32_t>(sets_.size()));
		if (fresh)
			sets_.push_back(at->first);
		return at->second;
	}

	std::vector<std::vector<std::uint32_t>> sets_;
	std::map<std::vector<std::uint32_t>, std::uint32_t> ids_;
	std::unordered_map<std::uint64_t, std::uint32_t> added_;
};

// [first, last] belongs to `group`.
template <typename Key>
struct Span {
	Key first;
	Key last;
	std::uint32_t group;
};

// From `first` on, up to the next interval, addresses are of set `set`.
template <typename Key>
struct Interval {
	Key first;
	std::uint32_t set;
};

template <typename Key>
class Sweep {
      public:
	explicit Sweep(GroupSets &sets) : sets_(sets) {}

	// Covers all of Key; the first interval begins at 0. Reorders `spans`.
	std::vector<Interval<Key>> run(std::vector<Span<Key>> &spans)
	{
		std::sort(spans.begin(), spans.end(), outer_first);
		out_.push_back({Key{0}, 0});
		for (const Span<Key> &span : spans) {
			close_before(span.first);
			open_.push_back({span.last, sets_.add(current(), span.group)});
			emit(span.first, current());
		}
		while (!open_.empty())
			close();
		return std::move(out_);
	}

      private:
	struct Open {
		Key last;
		std::uint32_t set;
	};

	static bool outer_first(const Span<Key> &a, const Span<Key> &b)
	{
		return a.first != b.first ? a.first < b.first : a.last > b.last;
	}

	[[nodiscard]] std::uint32_t current() const { return open_.empty() ? 0 : open_.back().set; }

	void close_before(Key first)
	{
		while (!open_.empty() && open_.back().last < first)
			close();
	}

	void close()
	{
		const Key last = open_.back().last;
		open_.pop_back();
		if (last != static_cast<Key>(~Key{0}))
			emit(last + 1, current());
	}

	void emit(Key first, std::uint32_t set)
	{
		if (out_.back().first == first)
			out_.back().set = set;
		else if (out_.back().set != set)
			out_.push_back({first, set});
		if (out_.size() > 1 && out_[out_.size() - 2].set == out_.back().set)
			out_.pop_back();
	}

	GroupSets &sets_;
	std::vector<Open> open_;
	std::vector<Interval<Key>> out_;
};

} // namespace flowmark
