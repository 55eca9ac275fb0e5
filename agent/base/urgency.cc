// SPDX-License-Identifier: Apache-2.0
#include "base/urgency.h"

#include <pthread.h>
#include <sched.h>

#include <ctime>

namespace flowmark {

namespace {

constexpr int kLeastPriority = 1; // of SCHED_RR

std::chrono::nanoseconds read_clock(clockid_t clock)
{
	timespec now{};
	clock_gettime(clock, &now);
	return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// The calling thread.
bool go_first(bool first)
{
	sched_param parameters{};
	parameters.sched_priority = first ? kLeastPriority : 0;
	return pthread_setschedparam(pthread_self(), first ? SCHED_RR : SCHED_OTHER, &parameters) ==
	       0;
}

} // namespace

bool Urgency::review()
{
	if (!allowed_)
		return false;
	const auto now = read_clock(CLOCK_MONOTONIC), used = read_clock(CLOCK_THREAD_CPUTIME_ID);
	const bool begins = began_ == std::chrono::nanoseconds() || now - began_ >= window_;
	if (begins) {
		began_ = now;
		used_before_ = used;
	}
	const bool first = used - used_before_ < share_;
	if (first != first_) {
		allowed_ = go_first(first);
		first_ = first;
	}
	return allowed_;
}

} // namespace flowmark
