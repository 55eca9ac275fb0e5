// SPDX-License-Identifier: Apache-2.0
// Learns names from what the packet path hands on, in a thread of its own: neither a
// reload nor a scrape holds it up, and it holds up neither.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <thread>

#include "base/unique_fd.h"
#include "base/urgency.h"
#include "config/config.h"
#include "datapath/name_maps.h"
#include "datapath/punt_ring.h"

namespace flowmark {

class NameService {
      public:
	// The object must outlive it. `threaded`: else consume() is called instead.
	static Result<std::unique_ptr<NameService>> open(BpfObject &object, bool threaded);
	~NameService();
	NameService(const NameService &) = delete;
	NameService &operator=(const NameService &) = delete;

	// From now on. What was learned before stays, but for public names that `options` had
	// the last time and has no more.
	void use(const NameOptions &options);

	// Takes what is in the ring.
	void consume() { ring_->consume(); }

	[[nodiscard]] NameMaps &maps() { return maps_; }
	[[nodiscard]] const NameCounts &counts() const { return counts_; }

      private:
	explicit NameService(BpfObject &object) : maps_(object) {}
	void run();

	void take(std::span<const std::uint8_t> record);

	NameMaps maps_;
	NameCounts counts_;
	// The learner is its thread's alone: ceiling << 32 | floor travel together.
	std::atomic<std::uint64_t> ttl_limits_{0};
	std::set<std::uint64_t> public_names_; // hashes of those that use() was given
	std::optional<NameLearner> learner_;
	std::unique_ptr<PuntRing> ring_;
	UniqueFd stop_; // an eventfd
	// Of the thread: a flow's packets pass undecided while its Initials wait.
	Urgency urgency_{std::chrono::milliseconds(20), std::chrono::milliseconds(200)};
	std::thread thread_;
};

} // namespace flowmark
