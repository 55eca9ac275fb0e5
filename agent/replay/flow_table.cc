// SPDX-License-Identifier: Apache-2.0
#include "replay/flow_table.h"

namespace flowmark {

ReplayedFlow::ReplayedFlow(const PacketFacts &first)
	: key_(first.key), has_ports_(first.has_ports), first_is_low_(first.source_is_low)
{}

void ReplayedFlow::add(const PacketFacts &packet, const Passage &passage)
{
	if (packet.source_shows != Shown::nothing && !shown_client_is_low_)
		shown_client_is_low_ = packet.source_is_low ==
				       (packet.source_shows == Shown::initiator);
	if (packet.isn)
		isn_ = packet.isn;
	used_ = used_ || packet.uses;
	bytes_ += passage.wire_bytes;
	class_index_ = passage.class_index;
	SentBy &sent = sent_[packet.source_is_low ? 1 : 0];
	if (sent.packets++ == 0)
		sent.first_dscp = packet.dscp;
	sent.last_dscp = passage.dscp;
}

bool ReplayedFlow::client_is_low() const
{
	if (shown_client_is_low_)
		return *shown_client_is_low_;
	if (name.hello_from_low)
		return *name.hello_from_low;
	return key_.low_port == key_.high_port && first_is_low_;
}

const SentBy &ReplayedFlow::sent_by_client() const
{
	const SentBy &client = sent_[client_is_low() ? 1 : 0];
	return client.packets > 0 ? client : sent_[client_is_low() ? 0 : 1];
}

bool ReplayedFlow::ended_by(const PacketFacts &packet) const
{
	return packet.isn && used_ && packet.isn != isn_;
}

ReplayedFlow *FlowTable::find(const fm_flow_key &key)
{
	const auto found = open_.find(key);
	return found == open_.end() ? nullptr : found->second;
}

ReplayedFlow &FlowTable::open(const PacketFacts &first)
{
	ReplayedFlow &flow = flows_.emplace_back(first);
	open_[first.key] = &flow;
	return flow;
}

std::vector<ReplayedFlow *> FlowTable::open_flows() const
{
	std::vector<ReplayedFlow *> flows;
	flows.reserve(open_.size());
	for (const auto &[key, flow] : open_)
		flows.push_back(flow);
	return flows;
}

} // namespace flowmark
