// SPDX-License-Identifier: Apache-2.0
#include "quiet.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace flowmark::bench {

namespace {

constexpr double kMuch = 1.2; // times the best
constexpr int kTries = 3;
constexpr int kProbes = 5, kPauseUs = 10000; // before each of them

double now()
{
	timespec time{};
	clock_gettime(CLOCK_MONOTONIC, &time);
	return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

} // namespace

Result<bool> Quiet::peaceful()
{
	const auto taken = probe_();
	if (!taken)
		return taken.error();
	best_ = best_ == 0 ? *taken : std::min(best_, *taken);
	return *taken < kMuch * best_;
}

Result<bool> Quiet::wait_for_peace()
{
	auto peace = peaceful();
	for (int probes = 1; peace && !*peace && probes < kProbes && patience_ > 0; probes++) {
		usleep(kPauseUs);
		patience_ -= kPauseUs / 1e6;
		peace = peaceful();
	}
	return peace;
}

Result<double> Quiet::sample(const std::function<Result<double>()> &take)
{
	for (int tries = 1;; tries++) {
		if (auto waited = wait_for_peace(); !waited)
			return waited.error();
		const double start = now();
		auto taken = take();
		if (!taken)
			return taken;
		auto peace = peaceful();
		if (!peace)
			return peace.error();
		if (*peace)
			return taken;
		if (tries == kTries || patience_ <= 0) {
			disturbed_++;
			return taken;
		}
		patience_ -= now() - start;
	}
}

} // namespace flowmark::bench
