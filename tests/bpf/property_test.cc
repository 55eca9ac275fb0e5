// SPDX-License-Identifier: Apache-2.0
// Three classifiers, one answer: the scan over the rules as written, the compiled
// tables read by the packet path's own code on the host, and the program in the
// kernel, by the mark that it writes.
#include <gtest/gtest.h>

#include "config/scalars.h"
#include "host/host_tables.h"
#include "host/names.h"
#include "property/generate.h"
#include "support/path.h"

namespace flowmark::test {

namespace {

constexpr std::uint32_t kSeed = 20261122;
constexpr std::size_t kPackets = 8000; // per policy
constexpr std::size_t kRules[] = {0,   1,   2,	 5,   10,  20,	40,  63,   64,	 65,  100,
				  127, 128, 129, 200, 300, 500, 700, 1000, 1023, 1024};

host_facts facts_of(const ReferencePacket &packet, std::uint8_t slot, std::uint16_t host)
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

End end_of(const ReferencePacket &packet, const std::uint64_t *address, std::uint16_t port)
{
	End end{"0.0.0.0", "::", port};
	(packet.family == 4 ? end.ip4 : end.ip6) = format_address(packet.family, address[0],
								  address[1]);
	return end;
}

FrameSpec frame_of(const ReferencePacket &packet)
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

std::uint32_t class_of(const Config &config, std::size_t rule)
{
	return rule < config.rules.size() ? config.rules[rule].class_index : config.default_class;
}

// By the packet path's code and by the agent's.
std::uint16_t host_class_of(const HostTable &table, const std::string &name)
{
	const fm_name known = name_of(name);
	const std::uint32_t found = name.empty() ? 0 : host_name_class(&known);
	EXPECT_EQ(found, name.empty() ? 0 : host_class(table, name)) << name;
	return static_cast<std::uint16_t>(found);
}

// As long as the packet path cannot be told a name, it decides without one.
void compare(Path &path, Generator &generator)
{
	const Config &config = path.config();
	const PolicyTables &tables = path.tables();
	// The tables as the kernel got them, with the interface bound.
	std::memcpy(tables.policy->rows, path.live_policy().rows, sizeof(tables.policy->rows));
	const HostTables host(tables);
	for (std::size_t i = 0; i < kPackets; i++) {
		ReferencePacket packet = generator.packet();
		if (!source_is_client(packet)) {
			std::swap(packet.source, packet.dest);
			std::swap(packet.source_port, packet.dest_port);
		}
		const std::size_t rule = reference_rule(config, packet);
		const host_facts facts = facts_of(packet, Path::kSlot,
						  host_class_of(*tables.hosts, packet.host));
		const std::size_t compiled = host_first_rule(&facts);
		ASSERT_EQ(compiled == FM_RULE_DEFAULT ? config.rules.size() : compiled, rule);
		if (!packet.host.empty())
			continue;
		const auto mark = static_cast<std::uint8_t>(class_of(config, rule));
		const FrameSpec frame = frame_of(packet);
		const fm_direction hook = i & 1 ? FM_EGRESS : FM_INGRESS;
		path.expect(frame, mark, hook);
		path.expect(frame.reversed(), mark, hook); // inherits
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
