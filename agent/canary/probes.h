// SPDX-License-Identifier: Apache-2.0
// The known packets of the canary: what a policy is asked, and what it should say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "canary/plain_scan.h"
#include "config/config.h"

namespace flowmark {

struct Probe {
	PlainPacket packet;   // its source is the client
	std::size_t rule = 0; // that decides it; the number of rules: none
	std::uint32_t class_index = 0;
	std::vector<std::uint8_t> arrives, leaves; // frames
	std::uint8_t dscp = 0;			   // it leaves with this
};

// Packets for some of the rules, spread over all of them, and for the default, over IPv4, IPv6 and
// ICMP: no more than kMaxProbes, however large the policy is. What they are decided as is what the
// scan over the rules as written says, so a rule that is hidden by an earlier one does no harm.
// Rules that ask for a host name or for a protocol without a frame of ours are passed over. As of
// an interface of that name that marks both ways, believes marks and washes none.
std::vector<Probe> make_probes(const Config &config, const std::string &interface);

inline constexpr std::size_t kMaxProbes = 16;

} // namespace flowmark
