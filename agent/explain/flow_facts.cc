// SPDX-License-Identifier: Apache-2.0
#include "explain/flow_facts.h"

#include <netinet/in.h>

#include <utility>

namespace flowmark {

namespace {

constexpr std::uint8_t kUdpLite = 136;

} // namespace

bool protocol_has_ports(std::uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == kUdpLite || protocol == IPPROTO_DCCP;
}

FlowFacts facts_of(const fm_flow_key &key, bool flipped)
{
	FlowFacts facts;
	facts.family = key.family;
	facts.protocol = key.protocol;
	facts.vlan = key.vlan;
	facts.server = {{key.low_addr[0], key.low_addr[1]}, key.low_port};
	facts.client = {{key.high_addr[0], key.high_addr[1]}, key.high_port};
	if (flipped)
		std::swap(facts.client, facts.server);
	return facts;
}

} // namespace flowmark
