// SPDX-License-Identifier: Apache-2.0
// Which counter belongs to which (interface, direction, class or reason). A counter
// belongs to its entry until the entry is retired, which happens only to interfaces
// that have gone, and only when the book is full: a living counter never moves and
// never falls.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <flowmark/abi.h>

#include "config/config.h"

namespace flowmark {

struct CounterKey {
	std::string interface;
	Direction direction = kIngress;
	bool is_reason = false;
	std::string name;

	// NOLINTNEXTLINE(readability-implicit-bool-conversion): seen in the defaulted operator
	auto operator<=>(const CounterKey &) const = default;
};

class CounterBook {
      public:
	// Called before a counter is given to a new entry: the place to empty it and
	// to write the entry down.
	using OnNew = std::function<void(std::uint16_t index, const CounterKey &key)>;
	explicit CounterBook(OnNew on_new = {}) : on_new_(std::move(on_new)) {}

	// The counter of `key`, made if there is none. FM_COUNTER_LOST when all are
	// in use; room() tells beforehand.
	std::uint16_t index(const CounterKey &key);
	// An entry that an earlier agent made.
	void restore(std::uint16_t index, const CounterKey &key);

	[[nodiscard]] std::size_t room() const
	{
		return FM_MAX_COUNTERS - 1 - book_.size() - resting_;
	}
	[[nodiscard]] bool has(const CounterKey &key) const { return book_.contains(key); }
	[[nodiscard]] const std::map<CounterKey, std::uint16_t> &entries() const { return book_; }

	// An interface has gone: from now on it grows old.
	void interface_left(const std::string &interface) { left_[interface] = ++departures_; }

	// Takes out the entries of the interfaces that went first and are not
	// `is_here`, until `wanted` counters are out or there are no more. The
	// counters rest until they are handed back: packets may be on their way.
	std::vector<std::uint16_t> retire(std::size_t wanted,
					  const std::function<bool(const std::string &)> &is_here);
	void hand_back(const std::vector<std::uint16_t> &counters);

      private:
	[[nodiscard]] std::vector<std::string>
	gone(const std::function<bool(const std::string &)> &is_here) const;

	OnNew on_new_;
	std::map<CounterKey, std::uint16_t> book_;
	std::array<bool, FM_MAX_COUNTERS> used_{};
	std::uint32_t next_ = 1; // where the search for a free one begins
	std::size_t resting_ = 0;
	std::map<std::string, std::uint64_t> left_; // interface -> order of departure
	std::uint64_t departures_ = 0;
};

struct CounterSum {
	std::uint64_t packets = 0; // on the wire
	std::uint64_t bytes = 0;   // on the wire, from the link header on, without FCS
	std::uint64_t marked = 0;  // packets whose DSCP was changed
};

// The sum over all CPUs of counter `index` of the per-CPU map `map_fd`; zeros if
// it cannot be read.
CounterSum read_counter(int map_fd, std::uint32_t index);
// The same of fm_drops; `marked` stays 0.
CounterSum read_drops(int map_fd, std::uint32_t index);

// Sets it to 0 on all CPUs. REQUIRES: the packet path does not count in it.
void empty_counter(int counters_fd, int drops_fd, std::uint32_t index);

} // namespace flowmark
