// SPDX-License-Identifier: Apache-2.0
// What the packet path finds in its maps and hands to the agent.
#pragma once

#include <cstdint>
#include <vector>

#include <flowmark/abi.h>

namespace flowmark::fuzz {

// Maps empty, nothing handed on, the clock at its start.
void reset_tables();

void pass_time(std::uint64_t ns);

// As they went into the ring buffer: a struct fm_punt up to the end of its payload.
const std::vector<std::vector<std::uint8_t>> &punted();
void forget_punted();

// Names that flows were given.
std::vector<fm_name> learned_names();

} // namespace flowmark::fuzz
