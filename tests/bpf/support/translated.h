// SPDX-License-Identifier: Apache-2.0
// Reads the translated programs: the way of a packet whose flow is known calls no
// helper. The rare work sits in functions of its own, so it is enough to look at
// the entry function.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <vector>

namespace flowmark::test {

// The instructions of the entry function alone: those before the second function.
// Empty if the program cannot be read or has no other function.
std::vector<bpf_insn> entry_function(int program_fd);

// Without tail calls, which are jumps, and the kernel's own prologue.
std::size_t helper_calls(const std::vector<bpf_insn> &instructions);

} // namespace flowmark::test
