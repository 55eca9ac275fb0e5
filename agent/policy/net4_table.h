// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "policy/intervals.h"
#include "policy/net_tables.h"

namespace flowmark {

// Fills net4_top and net4_runs. Runs are powers of two and aligned to their size,
// so that none crosses a block and the packet path can mask instead of check.
void fill_net4(const std::vector<Interval<std::uint32_t>> &intervals, NetTables &tables);

} // namespace flowmark
