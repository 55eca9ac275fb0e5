// SPDX-License-Identifier: Apache-2.0
// From a policy as it is written to the words of an explanation. That the rules are the
// kernel's is tests/bpf/property_test.cc's.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "config/loader.h"
#include "explain/explanation.h"
#include "explain/flow_query.h"
#include "host/host_tables.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

namespace {

constexpr const char *kPolicy = R"(interfaces: [{ name: lan0 }]
classes:
  - { name: voice, dscp: EF }
  - { name: other, dscp: keep }
sets:
  office: { prefixes: [192.0.2.0/24] }
rules:
  - { class: voice, protocol: udp }
  - { class: voice, port: [1, 2, 3, 4, 5, 6-9] }
  - { class: voice, client_port: 80 }
  - { class: voice, server_port: 80 }
  - { class: voice, address: 198.51.100.0/24 }
  - { class: voice, server_port: 443, client: 198.51.100.0/24 }
  - { class: voice, server: ["@office"] }
  - { class: voice, dscp: [EF, CS5] }
  - { class: voice, vlan: 7 }
  - { class: voice, host: "*.example.org" }
  - { class: voice, server_port: 443, host: b.example.com }
  - { class: other, host: a.example.com }
default: voice
)";

struct Told {
	Told() : path(folder.write("policy.yaml", kPolicy)), loaded(load_config(path))
	{
		auto compiled = compile(*loaded.config, {});
		tables = std::move(*compiled);
		// What bind_interface() does for the slot.
		host = std::make_unique<test::HostTables>(tables);
	}

	[[nodiscard]] Explanation why(const FlowFacts &facts) const
	{
		return explain(*loaded.config, host->pointers(), facts);
	}

	TempFolder folder;
	std::string path;
	LoadResult loaded;
	PolicyTables tables;
	std::unique_ptr<test::HostTables> host;
};

FlowFacts web()
{
	auto query = parse_flow("tcp", "192.0.2.7:51000", "203.0.113.5:443");
	FlowFacts facts = facts_of(key_of(*query, 0), false);
	facts.interface = "lan0";
	facts.host = "a.example.com";
	return facts;
}

std::string line_of(const Objection &each)
{
	return fmt::format("{}: {}, not {}", each.condition, each.found, each.wanted);
}

TEST(Explanation, of_each_earlier_rule_the_first_condition_that_does_not_hold)
{
	const Told told;
	const Explanation why = told.why(web());
	EXPECT_EQ(why.rule, 11);
	EXPECT_EQ(why.place, told.path + ":19");
	EXPECT_EQ(why.class_name, "other");
	EXPECT_EQ(why.dscp, FM_DSCP_KEEP);
	ASSERT_EQ(why.earlier.size(), 11u);
	const char *const expected[] = {
		"protocol: tcp, not udp",
		"port: 51000 and 443, not 1, 2, 3, 4 and 2 more",
		"client_port: 51000, not 80",
		"server_port: 443, not 80",
		"address: 192.0.2.7 and 203.0.113.5, not 198.51.100.0/24",
		"client: 192.0.2.7, not 198.51.100.0/24",
		"server: 203.0.113.5, not @office",
		"dscp: no mark of the client's is known or trusted, not EF, CS5",
		"vlan: untagged, not 7",
		"host: a.example.com, not *.example.org",
		"host: a.example.com, not b.example.com",
	};
	for (std::size_t i = 0; i < why.earlier.size(); i++) {
		EXPECT_EQ(line_of(why.earlier[i]), expected[i]);
		EXPECT_EQ(why.earlier[i].rule, fmt::format("{}:{}", told.path, 8 + i));
		EXPECT_EQ(why.earlier[i].place, why.earlier[i].rule); // the same line
		EXPECT_EQ(why.earlier[i].class_name, "voice");
	}
}

TEST(Explanation, of_the_default_every_rule_is_an_earlier_one)
{
	const Told told;
	FlowFacts facts = web();
	facts.host = "";
	facts.dscp = 10;
	facts.vlan = 6;
	const Explanation why = told.why(facts);
	EXPECT_EQ(why.rule, FM_RULE_DEFAULT);
	EXPECT_EQ(why.place, "default");
	EXPECT_EQ(why.class_name, "voice");
	ASSERT_EQ(why.earlier.size(), 12u);
	EXPECT_EQ(line_of(why.earlier[7]), "dscp: AF11, not EF, CS5");
	EXPECT_EQ(line_of(why.earlier[8]), "vlan: 6, not 7");
	EXPECT_EQ(line_of(why.earlier[11]), "host: no name is known, not a.example.com");
}

TEST(Explanation, a_protocol_without_ports_has_none)
{
	const Told told;
	const auto query = parse_flow("gre", "192.0.2.7", "203.0.113.5");
	const Explanation why = told.why(facts_of(key_of(*query, 0), true));
	EXPECT_EQ(line_of(why.earlier[1]), "port: no port, not 1, 2, 3, 4 and 2 more");
	EXPECT_EQ(line_of(why.earlier[3]), "server_port: no port, not 80");
}

TEST(Explanation, the_first_rule_has_no_earlier_one)
{
	const Told told;
	FlowFacts facts = web();
	facts.protocol = 17;
	EXPECT_EQ(told.why(facts).rule, 0);
	EXPECT_TRUE(told.why(facts).earlier.empty());
}

} // namespace

} // namespace flowmark
