// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "policy/intervals.h"
#include "policy/net_tables.h"

namespace flowmark {

__extension__ using Address6 = unsigned __int128; // host byte order

// Fills net6 and net6_nodes: a tree over the upper halves, and one over the lower
// half for every upper half that prefixes longer than /64 split.
void fill_net6(const std::vector<Interval<Address6>> &intervals, NetTables &tables);

} // namespace flowmark
