// SPDX-License-Identifier: Apache-2.0
// Four classifiers, one answer: the scan over the rules as written, the compiled
// tables read by the packet path's own code on the host, the program in the kernel, by
// the mark that it writes, and what `explain` says of the kernel's tables.
#include <gtest/gtest.h>

#include "canary/plain_scan.h"
#include "config/scalars.h"
#include "datapath/flow_memory.h"
#include "datapath/name_maps.h"
#include "explain/explanation.h"
#include "explain/flow_query.h"
#include "host/host_tables.h"
#include "names/name.h"
#include "property/generate.h"
#include "support/path.h"

namespace flowmark::test {

namespace {

constexpr std::uint32_t kSeed = 20261122;
constexpr std::size_t kPackets = 8000; // per policy
constexpr std::size_t kExplained = 40; // every so many packets
constexpr std::size_t kRules[] = {0,   1,   2,	 5,   10,  20,	40,  63,   64,	 65,  100,
				  127, 128, 129, 200, 300, 500, 700, 1000, 1023, 1024};

fm_lookup_facts facts_of(const PlainPacket &packet, std::uint8_t slot, std::uint16_t host)
{
	const bool from_client = source_is_client(packet);
	const auto *client = from_client ? packet.source : packet.dest;
	const auto *server = from_client ? packet.dest : packet.source;
	return {{client[0], client[1]},
		{server[0], server[1]},
		from_client ? packet.source_port : packet.dest_port,
		from_client ? packet.dest_port : packet.source_port,
		packet.vlan,
		host,
		packet.family,
		packet.protocol,
		packet.dscp,
		packet.has_ports,
		slot};
}

End end_of(const PlainPacket &packet, const std::uint64_t *address, std::uint16_t port)
{
	End end{"0.0.0.0", "::", port};
	(packet.family == 4 ? end.ip4 : end.ip6) = format_address(packet.family, address[0],
								  address[1]);
	return end;
}

FrameSpec frame_of(const PlainPacket &packet)
{
	FrameSpec frame;
	frame.link = packet.vlan ? LinkShape::vlan : LinkShape::ethernet;
	frame.net = packet.family == 4 ? NetShape::ip4 : NetShape::ip6;
	frame.source = end_of(packet, packet.source, packet.source_port);
	frame.dest = end_of(packet, packet.dest, packet.dest_port);
	frame.protocol = packet.protocol;
	frame.vlan = packet.vlan;
	frame.dscp = packet.dscp;
	frame.icmp_type = 3; // shows nothing of who opened the flow
	return frame;
}

// By the packet path's code and by the agent's.
std::uint16_t host_class_of(const HostTable &table, const std::string &name)
{
	const fm_name known = make_name(name, FM_EVIDENCE_SNI);
	const std::uint32_t found = name.empty() ? 0 : host_name_class(&known);
	EXPECT_EQ(found, name.empty() ? 0 : host_class(table, name)) << name;
	return static_cast<std::uint16_t>(found);
}

// `packet` comes from the client.
FlowFacts flow_facts_of(const PlainPacket &packet)
{
	FlowFacts facts;
	facts.family = packet.family;
	facts.protocol = packet.protocol;
	facts.client = {{packet.source[0], packet.source[1]}, packet.source_port};
	facts.server = {{packet.dest[0], packet.dest[1]}, packet.dest_port};
	facts.vlan = packet.vlan;
	facts.dscp = packet.dscp;
	facts.slot = Path::kSlot;
	facts.interface = packet.interface;
	facts.host = packet.host;
	return facts;
}

// What the packet path would have read from a hello, or from none.
void tell_name(Path &path, const FlowFacts &facts)
{
	FlowQuery flow;
	flow.family = facts.family;
	flow.protocol = facts.protocol;
	flow.client = facts.client;
	flow.server = facts.server;
	flow.vlan = facts.vlan;
	const bool told_apart = path.tables().policy->conditions >> FM_COND_interface & 1;
	const fm_flow_key key = key_of(flow, told_apart ? Path::kSlot + 1 : 0);
	NameMaps names(path.object());
	if (facts.host.empty())
		names.forget(key);
	else
		names.put_name(key, flow_hash(path.object(), key),
			       make_name(facts.host, FM_EVIDENCE_SNI));
	forget_decision(path.object(), flow_hash(path.object(), key));
}

const char *condition_name(unsigned condition)
{
	static constexpr const char *kNames[] = {
#define FM_NAME(name, ends, help) #name,
		FM_CONDITIONS(FM_NAME)
#undef FM_NAME
	};
	return kNames[condition];
}

void expect_explained(Path &path, const PlainPacket &packet, std::size_t rule)
{
	const Config &config = path.config();
	const auto tables = path.live_tables();
	ASSERT_TRUE(tables.ok());
	const Explanation why = explain(config, (*tables).tables(), flow_facts_of(packet));
	ASSERT_EQ(why.rule == FM_RULE_DEFAULT ? config.rules.size() : why.rule, rule);
	ASSERT_EQ(why.class_name, config.classes[plain_class(config, rule)].name);
	ASSERT_EQ(why.earlier.size(), rule);
	for (std::size_t i = 0; i < rule; i++) {
		const auto objection = plain_objection(config, i, packet);
		ASSERT_TRUE(objection);
		ASSERT_EQ(why.earlier[i].condition, condition_name(*objection)) << "rule " << i;
	}
}

void compare(Path &path, Generator &generator)
{
	const Config &config = path.config();
	const PolicyTables &tables = path.tables();
	// The tables as the kernel got them, with the interface bound.
	std::memcpy(tables.policy->rows, path.live_policy().rows, sizeof(tables.policy->rows));
	const HostTables host(tables);
	for (std::size_t i = 0; i < kPackets; i++) {
		PlainPacket packet = generator.packet();
		if (!source_is_client(packet)) {
			std::swap(packet.source, packet.dest);
			std::swap(packet.source_port, packet.dest_port);
		}
		const std::size_t rule = plain_rule(config, packet);
		host.use();
		const fm_lookup_facts facts = facts_of(packet, Path::kSlot,
						       host_class_of(*tables.hosts, packet.host));
		const std::size_t compiled = host_first_rule(&facts);
		ASSERT_EQ(compiled == FM_RULE_DEFAULT ? config.rules.size() : compiled, rule);
		tell_name(path, flow_facts_of(packet));
		const auto mark = static_cast<std::uint8_t>(plain_class(config, rule));
		const FrameSpec frame = frame_of(packet);
		const fm_direction hook = i & 1 ? FM_EGRESS : FM_INGRESS;
		path.expect(frame, mark, hook);
		path.expect(frame.reversed(), mark, hook); // inherits
		if (i % kExplained == 0)
			expect_explained(path, packet, rule);
		ASSERT_FALSE(testing::Test::HasFailure())
			<< "policy of " << config.rules.size() << " rules, rule " << rule;
	}
}

TEST(Property, reference_tables_and_kernel_agree)
{
	Path path("classes: [{ name: a, dscp: 1 }]\ndefault: a\n");
	Generator generator(kSeed);
	for (const std::size_t rules : kRules) {
		path.reload(generator.config(rules));
		compare(path, generator);
		if (HasFailure())
			return;
	}
}

} // namespace

} // namespace flowmark::test
