// SPDX-License-Identifier: Apache-2.0
// Which counter belongs to which (interface, direction, class or reason). An entry
// is made once and never given to another, so a counter never moves or falls.
#pragma once

#include <cstdint>
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
	// The counter of `key`, made if there is none. FM_COUNTER_LOST when all are
	// in use; room() tells beforehand.
	std::uint16_t index(const CounterKey &key);
	[[nodiscard]] std::size_t room() const { return FM_MAX_COUNTERS - 1 - book_.size(); }
	[[nodiscard]] bool has(const CounterKey &key) const { return book_.contains(key); }
	[[nodiscard]] const std::map<CounterKey, std::uint16_t> &entries() const { return book_; }

      private:
	std::map<CounterKey, std::uint16_t> book_;
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

} // namespace flowmark
