// SPDX-License-Identifier: Apache-2.0
// BPF_PROG_TEST_RUN: one packet to look at, or very many to take the time of.
#pragma once

#include "traffic.h"

namespace flowmark::bench {

// Keeps this thread on one processor.
Result<void> stay_on_cpu(int cpu);

// Nanoseconds of this thread's processor time.
[[nodiscard]] double thread_cpu_ns();

// What one run of `program_fd` makes of `frame`.
Result<test::Bytes> run_once(int program_fd, const test::Bytes &frame);

// Processor time per run in ns. The kernel's own figure is cut to whole nanoseconds and counts
// the time in which others ran.
Result<double> time_runs(int program_fd, const test::Bytes &frame, std::uint32_t runs);

// Whether `program_fd`, driven, marks the first packets of the pattern that `traffic` is aimed at
// with `dscp`, once undecided and once remembered, with right checksums; an unparsable packet must
// come back as it was. The error says what was found. Leaves the traffic at its first packet.
Result<void> check_marks(Traffic &traffic, const Pattern &pattern, int program_fd, HookPoint hook,
			 std::uint8_t dscp);

} // namespace flowmark::bench
