// SPDX-License-Identifier: Apache-2.0
// A flow as the conditions of rules see it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <flowmark/abi.h>

namespace flowmark {

struct FlowEnd {
	std::array<std::uint64_t, 2> address{}; // as fm_flow_key has it
	std::uint16_t port = 0;

	bool operator==(const FlowEnd &) const = default;
};

struct FlowFacts {
	std::uint8_t family = 4; // 4 or 6
	std::uint8_t protocol = 0;
	FlowEnd client, server;		  // initiator, responder
	std::uint16_t vlan = 0;		  // outer VLAN id; 0: untagged
	std::uint8_t dscp = FM_DSCP_NONE; // the initiator's mark
	std::uint8_t slot = 0;		  // of the interface
	std::string interface;		  // its name
	std::string host;		  // the server's name; empty: not known
};

// Whether flows of that protocol have ports.
bool protocol_has_ports(std::uint8_t protocol);

// What a key says. `flipped`: the high end is the responder (FM_EXACT_FLIPPED).
FlowFacts facts_of(const fm_flow_key &key, bool flipped);

} // namespace flowmark
