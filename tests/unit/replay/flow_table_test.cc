// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "replay/flow_table.h"

namespace flowmark {

namespace {

constexpr bool kFromLow = true, kFromHigh = false;

PacketFacts packet(bool from_low, Shown shows = Shown::nothing)
{
	PacketFacts facts;
	facts.key.family = 4;
	facts.key.protocol = IPPROTO_TCP;
	facts.key.low_addr[1] = 1;
	facts.key.high_addr[1] = 2;
	facts.key.low_port = 443;
	facts.key.high_port = 50000;
	facts.has_ports = true;
	facts.source_is_low = from_low;
	facts.source_shows = shows;
	return facts;
}

PacketFacts syn(bool from_low, std::uint32_t isn)
{
	PacketFacts facts = packet(from_low, Shown::initiator);
	facts.isn = isn;
	return facts;
}

PacketFacts data(bool from_low)
{
	PacketFacts facts = packet(from_low);
	facts.uses = true;
	return facts;
}

ReplayedFlow flow_of(const std::vector<PacketFacts> &packets)
{
	ReplayedFlow flow(packets.front());
	for (const PacketFacts &each : packets)
		flow.add(each, {});
	return flow;
}

} // namespace

TEST(ReplayedFlow, the_sender_of_a_syn_is_the_client)
{
	EXPECT_TRUE(flow_of({syn(kFromLow, 1)}).client_is_low());
	EXPECT_FALSE(flow_of({syn(kFromHigh, 1)}).client_is_low());
	EXPECT_TRUE(flow_of({data(kFromHigh), syn(kFromLow, 1)}).client_is_low());
}

TEST(ReplayedFlow, who_gets_the_answer_to_a_syn_is_the_client)
{
	EXPECT_TRUE(flow_of({packet(kFromHigh, Shown::responder)}).client_is_low());
	EXPECT_FALSE(flow_of({packet(kFromLow, Shown::responder)}).client_is_low());
}

TEST(ReplayedFlow, the_first_that_shows_it_decides_who_the_client_is)
{
	EXPECT_TRUE(flow_of({syn(kFromLow, 1), syn(kFromHigh, 2)}).client_is_low());
}

TEST(ReplayedFlow, without_a_syn_the_hello_tells_the_client)
{
	ReplayedFlow flow = flow_of({data(kFromLow)});
	EXPECT_FALSE(flow.client_is_low()); // the higher port
	flow.name.hello_from_low = true;
	EXPECT_TRUE(flow.client_is_low());
	flow.add(syn(kFromHigh, 1), {});
	EXPECT_FALSE(flow.client_is_low());
}

TEST(ReplayedFlow, with_equal_ports_the_first_sender_is_the_client)
{
	for (const bool from_low : {kFromLow, kFromHigh}) {
		PacketFacts first = packet(from_low);
		first.key.low_port = first.key.high_port = 123;
		EXPECT_EQ(flow_of({first}).client_is_low(), from_low);
	}
}

TEST(ReplayedFlow, marks_are_the_clients_first_before_and_last_after)
{
	ReplayedFlow flow(syn(kFromHigh, 1));
	PacketFacts first = syn(kFromHigh, 1), answer = packet(kFromLow), last = data(kFromHigh);
	first.dscp = 10;
	answer.dscp = 20;
	last.dscp = 30;
	flow.add(first, {60, 1, 11});
	flow.add(last, {1000, 1, 31});
	flow.add(answer, {60, 1, 21});
	EXPECT_EQ(flow.sent_by_client().first_dscp, 10);
	EXPECT_EQ(flow.sent_by_client().last_dscp, 31);
	EXPECT_EQ(flow.packets(), 3U);
	EXPECT_EQ(flow.bytes(), 1120U);
}

TEST(ReplayedFlow, where_the_client_sent_nothing_the_marks_are_the_servers)
{
	ReplayedFlow flow(packet(kFromLow, Shown::responder));
	PacketFacts answer = packet(kFromLow, Shown::responder);
	answer.dscp = 20;
	flow.add(answer, {60, 1, 21});
	EXPECT_FALSE(flow.client_is_low());
	EXPECT_EQ(flow.sent_by_client().first_dscp, 20);
}

TEST(ReplayedFlow, another_syn_ends_a_flow_that_was_used)
{
	const ReplayedFlow used = flow_of({syn(kFromHigh, 1), data(kFromHigh)});
	EXPECT_TRUE(used.ended_by(syn(kFromHigh, 2)));
	EXPECT_TRUE(used.ended_by(syn(kFromLow, 2)));
	EXPECT_FALSE(used.ended_by(syn(kFromHigh, 1))); // sent again
	EXPECT_FALSE(used.ended_by(packet(kFromLow, Shown::responder)));
	EXPECT_FALSE(used.ended_by(data(kFromHigh)));
	EXPECT_FALSE(flow_of({syn(kFromHigh, 1)}).ended_by(syn(kFromHigh, 2)));
	EXPECT_TRUE(flow_of({data(kFromHigh)}).ended_by(syn(kFromHigh, 2)));
}

TEST(FlowTable, a_closed_flow_stays_and_its_key_is_free)
{
	FlowTable table;
	const PacketFacts first = syn(kFromHigh, 1);
	ReplayedFlow &one = table.open(first);
	EXPECT_EQ(table.find(first.key), &one);
	table.close(first.key);
	EXPECT_EQ(table.find(first.key), nullptr);
	ReplayedFlow &other = table.open(first);
	EXPECT_EQ(table.open_flows(), std::vector<ReplayedFlow *>{&other});
	EXPECT_EQ(std::move(table).flows().size(), 2U);
}

TEST(FlowTable, a_vlan_tells_flows_apart)
{
	FlowTable table;
	PacketFacts tagged = packet(kFromLow);
	tagged.key.vlan = 7;
	table.open(packet(kFromLow));
	EXPECT_EQ(table.find(tagged.key), nullptr);
}

} // namespace flowmark
