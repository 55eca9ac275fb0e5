// SPDX-License-Identifier: Apache-2.0
// Every metric of the agent, read when it is asked for: nothing is counted twice
// and an agent that nobody scrapes does nothing.
#pragma once

#include <prometheus/collectable.h>

#include "control/reloader.h"
#include "datapath/engine.h"

namespace flowmark {

// Threads: any, at the same time. `engine` and `reloader` must outlive this.
class Collector : public prometheus::Collectable {
      public:
	Collector(const Engine &engine, const Reloader &reloader)
		: engine_(engine), reloader_(reloader)
	{}

	[[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

      private:
	const Engine &engine_;
	const Reloader &reloader_;
};

} // namespace flowmark
