// SPDX-License-Identifier: Apache-2.0
// A map that keeps what was used last, and no more than a given number of entries.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <unordered_map>
#include <utility>

namespace flowmark {

template <typename Key, typename Value, typename Hash = std::hash<Key>>
class BoundedLru {
      public:
	// REQUIRES: capacity > 0
	explicit BoundedLru(std::size_t capacity, Hash hash = {})
		: capacity_(capacity), index_(capacity, std::move(hash))
	{}

	// The entry of `key`, made if there is none; now the newest. A full map lets the oldest
	// go for a new one. Holds until that happens to it.
	Value &use(const Key &key)
	{
		if (const auto known = index_.find(key); known != index_.end()) {
			entries_.splice(entries_.begin(), entries_, known->second);
			return entries_.front().second;
		}
		if (entries_.size() == capacity_)
			drop_oldest();
		entries_.emplace_front(key, Value{});
		index_.emplace(key, entries_.begin());
		return entries_.front().second;
	}

	[[nodiscard]] std::size_t size() const { return entries_.size(); }
	[[nodiscard]] bool full() const { return entries_.size() == capacity_; }
	[[nodiscard]] bool contains(const Key &key) const { return index_.contains(key); }

	// REQUIRES: size() > 0
	[[nodiscard]] const Value &oldest() const { return entries_.back().second; }

	// REQUIRES: size() > 0
	void drop_oldest()
	{
		index_.erase(entries_.back().first);
		entries_.pop_back();
	}

      private:
	std::size_t capacity_;
	std::list<std::pair<Key, Value>> entries_; // newest first
	std::unordered_map<Key, typename std::list<std::pair<Key, Value>>::iterator, Hash> index_;
};

} // namespace flowmark
