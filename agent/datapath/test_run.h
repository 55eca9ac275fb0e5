// SPDX-License-Identifier: Apache-2.0
// One packet through a tc program by BPF_PROG_TEST_RUN, attached to nothing.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace flowmark {

inline constexpr std::uint32_t kTestRunIfindex = 1; // loopback, if the context names no other

// Runs it once. `context` goes in and comes back, `out` becomes the frame as it leaves.
// Which frames the kernel takes depends on its version (14 bytes at least, from some
// version on a whole IP header if bytes 12 and 13 promise one, and what fits a page).
// Returns the verdict (TC_ACT_*). `frame` and `out` must not overlap.
Result<int> test_run(int program_fd, std::span<const std::uint8_t> frame, __sk_buff &context,
		     std::vector<std::uint8_t> &out);

} // namespace flowmark
