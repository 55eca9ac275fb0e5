// SPDX-License-Identifier: Apache-2.0
// From rules with names to the rule that the packet path's own code finds.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "host/host_tables.h"
#include "names/name.h"

namespace flowmark::test {

namespace {

Values names(const std::vector<std::string> &list)
{
	Values values;
	for (const std::string &name : list)
		values.hosts.add(name);
	return values;
}

Rule rule_for(const std::vector<std::string> &list)
{
	Rule rule;
	rule.conditions[FM_COND_host] = names(list);
	return rule;
}

Rule rule_for_port(std::uint16_t port)
{
	Rule rule;
	rule.conditions[FM_COND_port].emplace().ranges.push_back({port, port});
	return rule;
}

Config config_of(std::vector<Rule> rules)
{
	Config config;
	config.classes.emplace_back().name = "a";
	config.rules = std::move(rules);
	return config;
}

// The rule of a packet to port 443 of a server of that name.
std::uint32_t rule_of(const PolicyTables &tables, const std::string &host)
{
	const HostTables in_use(tables);
	fm_lookup_facts facts{};
	facts.family = 4;
	facts.has_ports = 1;
	facts.client_port = 40000;
	facts.server_port = 443;
	const fm_name name = make_name(host, FM_EVIDENCE_SNI);
	facts.host = static_cast<__u16>(host.empty() ? 0 : host_name_class(&name));
	return host_first_rule(&facts);
}

PolicyTables compiled(const Config &config, SharedTables previous = {})
{
	auto tables = compile(config, std::move(previous));
	EXPECT_TRUE(tables.ok());
	return std::move(*tables);
}

TEST(CompileHosts, the_first_rule_whose_names_cover_decides)
{
	const PolicyTables tables = compiled(
		config_of({rule_for({"a.example.com"}), rule_for({"*.example.com", "b.com"}),
			   rule_for_port(443), rule_for({"*.com"})}));
	EXPECT_EQ(rule_of(tables, "a.example.com"), 0u);
	EXPECT_EQ(rule_of(tables, "b.example.com"), 1u);
	EXPECT_EQ(rule_of(tables, "b.com"), 1u);
	EXPECT_EQ(rule_of(tables, "c.com"), 2u) << "the rule without names comes first";
	EXPECT_EQ(rule_of(tables, "c.org"), 2u);
	EXPECT_EQ(rule_of(tables, ""), 2u);
}

TEST(CompileHosts, sets_are_shared_by_rules)
{
	Config config = config_of(
		{rule_for_port(80), rule_for({"x.org"}), rule_for({}), rule_for({})});
	config.sets.resize(2);
	config.sets[0].hosts = names({"a.com", "*.b.com"}).hosts;
	config.sets[1].hosts = names({"x.b.com"}).hosts;
	config.rules[2].conditions[FM_COND_host]->sets = {1};
	config.rules[3].conditions[FM_COND_host]->sets = {0, 1};
	const PolicyTables tables = compiled(config);
	EXPECT_EQ(rule_of(tables, "x.org"), 1u);
	EXPECT_EQ(rule_of(tables, "x.b.com"), 2u);
	EXPECT_EQ(rule_of(tables, "y.b.com"), 3u);
	EXPECT_EQ(rule_of(tables, "a.com"), 3u);
	EXPECT_EQ(rule_of(tables, "b.com"), FM_RULE_DEFAULT);
	EXPECT_EQ(rule_of(tables, ""), FM_RULE_DEFAULT);
}

TEST(CompileHosts, a_policy_without_names_has_the_row_of_all)
{
	const PolicyTables tables = compiled(config_of({rule_for_port(443)}));
	EXPECT_EQ(tables.policy->conditions >> FM_COND_host & 1, 0u);
	EXPECT_EQ(rule_of(tables, "a.com"), 0u);
}

TEST(CompileHosts, a_reload_carries_unchanged_names_over)
{
	const Config first = config_of({rule_for({"a.com"}), rule_for_port(443)});
	const Config same = config_of({rule_for_port(80), rule_for_port(443), rule_for({"a.com"})});
	const Config other = config_of({rule_for({"b.com"}), rule_for_port(443)});
	const PolicyTables one = compiled(first);
	const PolicyTables two = compiled(same, one);
	EXPECT_EQ(two.hosts, one.hosts);
	EXPECT_EQ(rule_of(two, "a.com"), 1u);
	const PolicyTables three = compiled(other, two);
	EXPECT_NE(three.hosts, one.hosts);
	EXPECT_EQ(three.nets, one.nets);
	EXPECT_EQ(rule_of(three, "b.com"), 0u);
	EXPECT_EQ(rule_of(three, "a.com"), 1u);
}

// Of 1,024 rules each name is in another three.
TEST(CompileHosts, more_bitmaps_than_fit_are_an_error)
{
	std::vector<Rule> rules(FM_MAX_RULES, rule_for({}));
	for (std::uint32_t n = 0; n < 20000; n++)
		for (const std::uint32_t rule : {n % 1024, 1023 - n / 1024, n % 997})
			rules[rule].conditions[FM_COND_host]->hosts.add(fmt::format("n{}.com", n));
	const auto tables = compile(config_of(std::move(rules)), {});
	ASSERT_FALSE(tables);
	EXPECT_NE(tables.error().message.find("different bitmaps of rules, expected at most 15420"),
		  std::string::npos)
		<< tables.error().message;
}

} // namespace

} // namespace flowmark::test
