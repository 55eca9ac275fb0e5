// SPDX-License-Identifier: Apache-2.0
// Learns names from what the packet path hands on, in a thread of its own: neither a
// reload nor a scrape holds it up, and it holds up neither.
#pragma once

#include <memory>
#include <thread>

#include "base/unique_fd.h"
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

	// Takes what is in the ring.
	void consume() { ring_->consume(); }

	[[nodiscard]] NameMaps &maps() { return maps_; }
	[[nodiscard]] const NameCounts &counts() const { return counts_; }

      private:
	explicit NameService(BpfObject &object) : maps_(object) {}
	void run();

	NameMaps maps_;
	NameCounts counts_;
	std::optional<NameLearner> learner_;
	std::unique_ptr<PuntRing> ring_;
	UniqueFd stop_; // an eventfd
	std::thread thread_;
};

} // namespace flowmark
