// SPDX-License-Identifier: Apache-2.0
// Whether the machine is at peace. Two processors may share a core, and what the
// neighbour does then doubles our times; a sample taken meanwhile says nothing.
#pragma once

#include <functional>

#include "base/result.h"

namespace flowmark::bench {

class Quiet {
      public:
	// `probe` takes the time of something that is always the same, in ns. All waiting and all
	// samples that are taken again together last `patience` seconds at most.
	Quiet(std::function<Result<double>()> probe, double patience)
		: probe_(std::move(probe)), patience_(patience)
	{}

	// Takes samples until one was taken in peace, has been tried often enough, or patience
	// is at its end: then the last one counts.
	Result<double> sample(const std::function<Result<double>()> &take);

	[[nodiscard]] unsigned disturbed() const
	{
		return disturbed_;
	} // samples that count all the same

      private:
	Result<bool> peaceful();
	Result<bool> wait_for_peace();

	std::function<Result<double>()> probe_;
	double patience_; // seconds left
	double best_ = 0; // 0: none yet
	unsigned disturbed_ = 0;
};

} // namespace flowmark::bench
