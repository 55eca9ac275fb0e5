// SPDX-License-Identifier: Apache-2.0
// What every condition is put through: all link and network header shapes, both
// ECN-capable and not, both directions of the flow, both hooks, decided anew and
// remembered. A condition's test says only what should match.
#pragma once

#include <functional>
#include <string>

#include "support/path.h"

namespace flowmark::test {

inline constexpr std::uint8_t kHit = 46;  // DSCP of the class that the rule assigns
inline constexpr std::uint8_t kMiss = 10; // DSCP of the default class

struct ConditionCase {
	std::string condition; // YAML of the rule's conditions: "port: 443"
	// Turns a frame from the client to the server (40000 -> 443, see FrameSpec)
	// into one that must, or must not, match. May be null.
	std::function<void(FrameSpec &)> hit = nullptr, miss = nullptr;
	// Shapes that the condition says nothing about: those it returns false for.
	std::function<bool(const FrameSpec &)> covers = nullptr;
	std::string interface = "lan0";
	bool both_directions = true; // the reply gets the class too
};

void check_condition(const ConditionCase &test);

} // namespace flowmark::test
