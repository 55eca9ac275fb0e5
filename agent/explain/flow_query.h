// SPDX-License-Identifier: Apache-2.0
// A flow as an operator names it: `tcp 192.0.2.7:51000 203.0.113.5:443`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "explain/flow_facts.h"

namespace flowmark {

struct FlowQuery {
	std::uint8_t family = 4; // 4 or 6
	std::uint8_t protocol = 0;
	FlowEnd client, server;
	std::optional<std::uint16_t> vlan;    // none: any
	std::optional<std::string> interface; // none: any
	std::optional<std::string> name;      // supposed, whatever is known
	std::optional<std::uint8_t> dscp;     // likewise: the client's mark
};

// What is written behind the protocol: "ADDRESS:PORT", "[ADDRESS]:PORT"; the address alone
// where the protocol has no ports. The error says what was found and what was expected.
Result<FlowQuery> parse_flow(std::string_view protocol, std::string_view client,
			     std::string_view server);

// Whether `key` is of that flow, whichever end is the client.
bool is_flow(const fm_flow_key &key, const FlowQuery &query);

// The key that the packet path files the flow under. `iface`: as fm_flow_key has it.
fm_flow_key key_of(const FlowQuery &query, std::uint32_t iface);

} // namespace flowmark
