// SPDX-License-Identifier: Apache-2.0
// The policies that are measured: made as plain Configs, so that a million
// prefixes need no text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bpf/traffic.h"
#include "config/config.h"

namespace flowmark::bench {

inline constexpr std::uint8_t kDscp = 34; // of every packet that is measured
inline constexpr std::uint16_t kPort = BENCH_PORT;
inline constexpr std::uint8_t kProtocol = 17;

enum class PolicyKind {
	mixed, // ports, protocols, clients and servers; the last rule decides, by a set of prefixes
	ports, // protocols and ports only
	ports_and_dscp, // the same with one rule that looks at marks
	names,		// mixed, behind a rule that decides by a set of host names
};

struct PolicyShape {
	PolicyKind kind = PolicyKind::mixed;
	std::size_t rules = 64;	  // of a mixed policy
	std::size_t members = 10; // prefixes of its set, or names
	std::size_t ports = 10;	  // of the others, over all rules
	int family = 4;		  // of the prefixes

	auto operator<=>(const PolicyShape &) const = default;
};

[[nodiscard]] const char *name_of(PolicyKind kind);

[[nodiscard]] Config make_config(const PolicyShape &shape);

// Destinations for the traffic programs, every one in a prefix of the shape's set;
// the first is also what single flows go to.
[[nodiscard]] std::vector<bench_dest> make_dests(const PolicyShape &shape);

} // namespace flowmark::bench
