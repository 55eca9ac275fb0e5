// SPDX-License-Identifier: Apache-2.0
// The commands of flowmark-bench. Each prints JSON and returns an exit status.
#pragma once

#include "live.h"
#include "session.h"

namespace flowmark::bench {

enum ExitStatus { kDone = 0, kFailed = 1, kWrongUsage = 2 };

// All cases with `only` in their name, and the empty programs that they are compared with.
int measure_packets(const Effort &effort, const std::string &only, int cpu);

// The helpers called on the way of a known flow's packet, by direction.
int count_calls();

// Obeys the lines of standard input until it ends, one line of JSON for each:
//   flows N                      N flows to one destination
//   dests FILE                   one flow for each address of FILE
//   attach nothing|ports|lru|signature tc|xdp
//   detach
//   warm FRAMES                  sends them, and measures nothing
//   send FRAMES                  what a frame costs, and the marks that arrived
//   gap FRAMES                   the longest time between two frames
int measure_live(const LiveOptions &options);

// Says it on standard error and returns kFailed.
int fail(const Error &error);

} // namespace flowmark::bench
