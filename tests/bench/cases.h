// SPDX-License-Identifier: Apache-2.0
// Which program is measured on which packets. One thing at a time is varied from a
// base: 64 rules, 10 prefixes, IPv4, one flow.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shapes.h"
#include "traffic.h"

namespace flowmark::bench {

// A program of the floor, or the real one with a policy.
struct Subject {
	std::optional<PolicyShape> policy;
	FloorKind floor = FloorKind::nothing; // without a policy
	std::uint32_t lru_entries = 1;	      // of FloorKind::lru; the others share one load

	auto operator<=>(const Subject &) const = default;
};

struct Case {
	Subject subject;
	Pattern pattern;
	HookPoint hook = HookPoint::tc;
};

[[nodiscard]] std::string describe(const Subject &subject);
[[nodiscard]] std::string describe(const Case &which);

// All of them, with one empty program for every pattern: what it costs is what
// making the packet costs.
[[nodiscard]] std::vector<Case> all_cases();

} // namespace flowmark::bench
