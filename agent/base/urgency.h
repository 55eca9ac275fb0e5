// SPDX-License-Identifier: Apache-2.0
// For a thread whose work is short and must not wait for a CPU: real-time priority, the
// least there is, for as long as it uses little. A thread that could be flooded must not
// keep a CPU: with real-time priority it would go before the kernel's own ksoftirqd.
#pragma once

#include <chrono>

namespace flowmark {

class Urgency {
      public:
	// For the calling thread, in each window of time: once it has used its share it is one
	// of many until the window ends.
	Urgency(std::chrono::nanoseconds share, std::chrono::nanoseconds window)
		: share_(share), window_(window)
	{}

	// To be called from the thread alone, before it works and while it does. False where
	// the system does not let it go first (CAP_SYS_NICE or RLIMIT_RTPRIO).
	bool review();

      private:
	const std::chrono::nanoseconds share_, window_;
	std::chrono::nanoseconds began_{}, used_before_{}; // of the window
	bool first_ = false, allowed_ = true;
};

} // namespace flowmark
