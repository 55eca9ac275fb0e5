// SPDX-License-Identifier: Apache-2.0
// Rules that can never decide, because an earlier one always does before.
#pragma once

#include <cstddef>
#include <vector>

#include "config/config.h"

namespace flowmark {

struct Unreachable {
	std::size_t rule;
	std::size_t covered_by; // the first single rule that takes all of its packets
};

// In order of the rules. Never names a rule that some packet can reach; may miss
// one that no packet can, such as one that only several rules together cover.
// Takes well under 100 ms for FM_MAX_RULES rules, however they are written.
std::vector<Unreachable> find_unreachable(const Config &config);

} // namespace flowmark
