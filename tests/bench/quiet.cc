// SPDX-License-Identifier: Apache-2.0
#include "quiet.h"

#include <unistd.h>

#include <algorithm>

namespace flowmark::bench {

namespace {

constexpr double kMuch = 1.2; // times the best
constexpr int kTries = 3;
constexpr int kProbes = 5, kPauseUs = 10000; // before each of them

} // namespace

Result<bool> Quiet::peaceful()
{
	const auto taken = probe_();
	if (!taken)
		return taken.error();
	best_ = best_ == 0 ? *taken : std::min(best_, *taken);
	return *taken < kMuch * best_;
}

Result<double> Quiet::sample(const std::function<Result<double>()> &take)
{
	for (int tries = 1;; tries++) {
		auto peace = peaceful();
		for (int probes = 1; peace && !*peace && probes < kProbes; probes++) {
			usleep(kPauseUs);
			peace = peaceful();
		}
		auto taken = take();
		if (!peace || !taken)
			return !peace ? peace.error() : taken.error();
		peace = peaceful();
		if (!peace)
			return peace.error();
		if (*peace || tries == kTries) {
			disturbed_ += *peace ? 0 : 1;
			return taken;
		}
	}
}

} // namespace flowmark::bench
