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
inline constexpr std::size_t kTestRunLeast = 14;    // bytes of a frame: the kernel wants Ethernet

// Runs it once. `context` goes in and comes back, `out` becomes the frame as it leaves.
// Returns the verdict (TC_ACT_*). `frame` and `out` must not overlap.
Result<int> test_run(int program_fd, std::span<const std::uint8_t> frame, __sk_buff &context,
		     std::vector<std::uint8_t> &out);

} // namespace flowmark
