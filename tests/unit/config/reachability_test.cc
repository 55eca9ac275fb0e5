// SPDX-License-Identifier: Apache-2.0
#include "config/reachability.h"

#include <gtest/gtest.h>

#include <random>

#include <fmt/format.h>

#include "config/scalars.h"

namespace flowmark {
namespace {

struct Given {
	fm_condition condition;
	Values values;
};

Values ranges(std::vector<Range> list)
{
	Values values;
	values.ranges = std::move(list);
	return values;
}

Values prefixes(const std::vector<const char *> &texts)
{
	Values values;
	for (const char *text : texts)
		values.prefixes.push_back(parse_prefix(text).value());
	return values;
}

Values names(std::vector<std::string> list)
{
	Values values;
	values.names = std::move(list);
	return values;
}

Values sets(std::vector<std::uint32_t> list)
{
	Values values;
	values.sets = std::move(list);
	return values;
}

Rule rule(std::vector<Given> conditions)
{
	Rule out;
	for (Given &given : conditions)
		out.conditions[given.condition] = std::move(given.values);
	return out;
}

Config config_of(std::vector<Rule> rules, std::vector<Set> the_sets = {})
{
	Config config;
	config.classes.push_back({"a", 46, {}, {}});
	config.rules = std::move(rules);
	config.sets = std::move(the_sets);
	return config;
}

// "2<0 3<1": rule 2 is covered by rule 0, 3 by 1.
std::string found_in(const Config &config)
{
	std::string out;
	for (const Unreachable &unreachable : find_unreachable(config))
		out += fmt::format("{}{}<{}", out.empty() ? "" : " ", unreachable.rule,
				   unreachable.covered_by);
	return out;
}

Set prefix_set(const std::vector<const char *> &texts)
{
	Set set{"s", SetKind::prefixes, {}, {}, {}, {}};
	set.prefixes = prefixes(texts).prefixes;
	return set;
}

TEST(FindUnreachable, a_rule_without_conditions_covers_all_after_it)
{
	EXPECT_EQ(found_in(config_of({rule({{FM_COND_port, ranges({{1, 1}})}}), rule({}),
				      rule({{FM_COND_port, ranges({{2, 2}})}}), rule({})})),
		  "2<1 3<1");
}

TEST(FindUnreachable, the_same_rule_twice)
{
	const Rule one = rule({{FM_COND_protocol, ranges({{6, 6}})},
			       {FM_COND_client, prefixes({"192.0.2.0/24"})},
			       {FM_COND_interface, names({"eth*"})},
			       {FM_COND_dscp, ranges({{46, 46}})}});
	EXPECT_EQ(found_in(config_of({one, one})), "1<0");
}

TEST(FindUnreachable, names_the_first_covering_rule)
{
	const Rule one = rule({{FM_COND_port, ranges({{1, 1}})}});
	EXPECT_EQ(found_in(config_of({one, one, one})), "1<0 2<0");
}

TEST(FindUnreachable, a_condition_more_is_covered_and_one_less_is_not)
{
	const Rule wide = rule({{FM_COND_port, ranges({{1, 1}})}});
	const Rule narrow = rule(
		{{FM_COND_port, ranges({{1, 1}})}, {FM_COND_protocol, ranges({{6, 6}})}});
	EXPECT_EQ(found_in(config_of({wide, narrow})), "1<0");
	EXPECT_EQ(found_in(config_of({narrow, wide})), "");
}

TEST(FindUnreachable, ranges_are_joined)
{
	const Rule wide = rule({{FM_COND_port, ranges({{30, 40}, {1, 10}, {11, 20}, {35, 36}})}});
	EXPECT_EQ(found_in(config_of({wide, rule({{FM_COND_port, ranges({{5, 15}})}})})), "1<0");
	EXPECT_EQ(found_in(config_of({wide, rule({{FM_COND_port, ranges({{37, 40}, {1, 1}})}})})),
		  "1<0");
	EXPECT_EQ(found_in(config_of({wide, rule({{FM_COND_port, ranges({{20, 21}})}})})), "");
	EXPECT_EQ(found_in(config_of({wide, rule({{FM_COND_port, ranges({{5, 6}, {41, 41}})}})})),
		  "");
}

TEST(FindUnreachable, the_last_port_does_not_wrap)
{
	const Rule wide = rule({{FM_COND_port, ranges({{65535, 65535}, {65535, 65535}, {0, 0}})}});
	EXPECT_EQ(found_in(config_of({wide, rule({{FM_COND_port, ranges({{0, 0}})}})})), "1<0");
	EXPECT_EQ(found_in(config_of({wide, rule({{FM_COND_port, ranges({{0, 1}})}})})), "");
}

TEST(FindUnreachable, prefixes_contain_longer_ones)
{
	const Rule wide = rule({{FM_COND_client, prefixes({"192.0.2.0/24", "10.0.0.0/8",
							   "10.1.0.0/16", "2001:db8::/32"})}});
	const auto covered = [&](const std::vector<const char *> &inner) {
		return found_in(config_of({wide, rule({{FM_COND_client, prefixes(inner)}})})) ==
		       "1<0";
	};
	EXPECT_TRUE(covered({"192.0.2.1"}));
	EXPECT_TRUE(covered({"10.1.2.0/24", "10.255.0.0/16", "2001:db8::1"}));
	EXPECT_FALSE(covered({"10.1.2.0/24", "11.0.0.0/8"}));
	EXPECT_FALSE(covered({"192.0.2.0/23"}));
	EXPECT_FALSE(covered({"2001:db9::1"}));
	EXPECT_FALSE(covered({"::/0"}));
	EXPECT_FALSE(covered({"0.0.0.0/0"}));
}

TEST(FindUnreachable, families_are_apart)
{
	EXPECT_EQ(found_in(config_of({rule({{FM_COND_client, prefixes({"0.0.0.0/0"})}}),
				      rule({{FM_COND_client, prefixes({"::1"})}})})),
		  "");
	EXPECT_EQ(found_in(config_of({rule({{FM_COND_client, prefixes({"::/0"})}}),
				      rule({{FM_COND_client, prefixes({"192.0.2.1"})}})})),
		  "");
}

TEST(FindUnreachable, either_end_covers_one_end_and_not_the_other_way)
{
	const Rule either = rule({{FM_COND_port, ranges({{443, 443}})}});
	const Rule server = rule({{FM_COND_server_port, ranges({{443, 443}})}});
	const Rule client = rule({{FM_COND_client_port, ranges({{443, 443}})}});
	EXPECT_EQ(found_in(config_of({either, server, client})), "1<0 2<0");
	EXPECT_EQ(found_in(config_of({server, client, either})), "");

	const Rule address = rule({{FM_COND_address, prefixes({"10.0.0.0/8"})}});
	const Rule from = rule({{FM_COND_client, prefixes({"10.1.0.0/16"})}});
	const Rule to = rule({{FM_COND_server, prefixes({"10.1.0.0/16"})}});
	EXPECT_EQ(found_in(config_of({address, from, to})), "1<0 2<0");
	EXPECT_EQ(found_in(config_of({from, to, address})), "");
}

TEST(FindUnreachable, sets_are_the_same_or_looked_into)
{
	const std::vector<Set> the_sets = {prefix_set({"10.0.0.0/8", "192.0.2.0/24"}),
					   prefix_set({"10.1.0.0/16", "10.2.0.0/16"}),
					   prefix_set({})};
	const auto of = [&](Values outer, Values inner) {
		return found_in(config_of({rule({{FM_COND_client, std::move(outer)}}),
					   rule({{FM_COND_client, std::move(inner)}})},
					  the_sets));
	};
	EXPECT_EQ(of(sets({0}), sets({0})), "1<0");
	EXPECT_EQ(of(sets({0}), sets({1})), "1<0");
	EXPECT_EQ(of(sets({1}), sets({0})), "");
	EXPECT_EQ(of(sets({0}), prefixes({"192.0.2.7"})), "1<0");
	EXPECT_EQ(of(sets({0}), prefixes({"192.0.3.7"})), "");
	EXPECT_EQ(of(prefixes({"10.0.0.0/8"}), sets({1})), "1<0");
	EXPECT_EQ(of(prefixes({"10.1.0.0/16"}), sets({1})), "");
	EXPECT_EQ(of(sets({1}), sets({2})), "");
	EXPECT_EQ(of(sets({2}), sets({1})), "");
}

TEST(FindUnreachable, a_large_set_is_only_known_by_its_name)
{
	Set large = prefix_set({});
	for (std::uint32_t i = 0; i < 20000; i++)
		large.prefixes.push_back({0, i, 32, 4});
	const std::vector<Set> the_sets = {large};
	const Rule rule_of_set = rule({{FM_COND_client, sets({0})}});
	EXPECT_EQ(found_in(config_of({rule_of_set, rule_of_set}, the_sets)), "1<0");
	EXPECT_EQ(
		found_in(config_of({rule({{FM_COND_client, prefixes({"192.0.2.1"})}}), rule_of_set},
				   the_sets)),
		"");
}

TEST(FindUnreachable, globs_cover_names)
{
	const auto covered = [](std::vector<std::string> outer, std::vector<std::string> inner) {
		return found_in(config_of(
			       {rule({{FM_COND_interface, names(std::move(outer))}}),
				rule({{FM_COND_interface, names(std::move(inner))}})})) == "1<0";
	};
	EXPECT_TRUE(covered({"eth*"}, {"eth0"}));
	EXPECT_TRUE(covered({"eth*", "wan"}, {"eth0", "wan"}));
	EXPECT_TRUE(covered({"*"}, {"eth?", "wan"}));
	EXPECT_TRUE(covered({"eth?"}, {"eth?"}));
	EXPECT_FALSE(covered({"eth?"}, {"eth*"}));
	EXPECT_FALSE(covered({"eth0"}, {"eth0", "eth1"}));
	EXPECT_FALSE(covered({"eth[0-9]"}, {"eth[0-5]"}));
}

TEST(FindUnreachable, an_unused_condition_of_the_later_rule_is_no_matter)
{
	EXPECT_EQ(found_in(config_of({rule({{FM_COND_vlan, ranges({{1, 10}})}}),
				      rule({{FM_COND_vlan, ranges({{2, 3}})},
					    {FM_COND_dscp, ranges({{46, 46}})}}),
				      rule({{FM_COND_dscp, ranges({{46, 46}})}})})),
		  "1<0");
}

// A packet of a small world, and whether a rule takes it: what find_unreachable()
// says is held against every packet.
struct Packet {
	std::array<std::uint16_t, 2> port;
	std::array<std::uint32_t, 2> address;
	std::uint8_t protocol;
};

bool in(const Values &values, std::uint16_t value)
{
	return std::any_of(values.ranges.begin(), values.ranges.end(), [&](const Range &range) {
		return range.first <= value && value <= range.last;
	});
}

bool in(const Config &config, const Values &values, std::uint32_t address)
{
	std::vector<Prefix> all = values.prefixes;
	for (const std::uint32_t set : values.sets)
		all.insert(all.end(), config.sets[set].prefixes.begin(),
			   config.sets[set].prefixes.end());
	return std::any_of(all.begin(), all.end(), [&](const Prefix &prefix) {
		return prefix.length == 0 || (address ^ prefix.lo) >> (32 - prefix.length) == 0;
	});
}

bool takes(const Config &config, const Rule &candidate, const Packet &packet)
{
	const auto holds = [&](fm_condition condition, auto test) {
		const auto &values = candidate.conditions[condition];
		return !values || test(*values);
	};
	const auto port = [&](std::size_t end) {
		return [&, end](const Values &values) { return in(values, packet.port[end]); };
	};
	const auto address = [&](std::size_t end) {
		return [&, end](const Values &values) {
			return in(config, values, packet.address[end]);
		};
	};
	return holds(FM_COND_protocol,
		     [&](const Values &values) { return in(values, packet.protocol); }) &&
	       holds(FM_COND_client_port, port(0)) && holds(FM_COND_server_port, port(1)) &&
	       holds(FM_COND_port,
		     [&](const Values &values) { return port(0)(values) || port(1)(values); }) &&
	       holds(FM_COND_client, address(0)) && holds(FM_COND_server, address(1)) &&
	       holds(FM_COND_address, [&](const Values &values) {
		       return address(0)(values) || address(1)(values);
	       });
}

Values random_ports(std::mt19937 &random)
{
	Values values;
	for (auto n = random() % 2 + 1; n > 0; n--) {
		const auto first = static_cast<std::uint16_t>(random() % 4);
		values.ranges.push_back({first, static_cast<std::uint16_t>(first + random() % 3)});
	}
	return values;
}

// In the last four addresses of all.
Prefix random_prefix(std::mt19937 &random)
{
	const auto length = static_cast<std::uint8_t>(29 + random() % 4);
	const std::uint64_t address = 0xfffffffcu | random() % 4;
	return {0, length == 32 ? address : address >> (32 - length) << (32 - length), length, 4};
}

Values random_addresses(std::mt19937 &random)
{
	Values values;
	if (random() % 3 == 0)
		values.sets.push_back(static_cast<std::uint32_t>(random() % 3));
	if (values.sets.empty() || random() % 2)
		values.prefixes.push_back(random_prefix(random));
	return values;
}

Config random_config(std::mt19937 &random)
{
	Config config = config_of({}, {prefix_set({}), prefix_set({}), prefix_set({})});
	for (Set &set : config.sets) {
		set.prefixes.push_back(random_prefix(random));
		set.prefixes.push_back(random_prefix(random));
	}
	for (int i = 0; i < 6; i++) {
		Rule next;
		for (const auto condition :
		     {FM_COND_protocol, FM_COND_port, FM_COND_client_port, FM_COND_server_port}) {
			if (random() % 3 == 0)
				next.conditions[condition] = random_ports(random);
		}
		for (const auto condition : {FM_COND_address, FM_COND_client, FM_COND_server}) {
			if (random() % 3 == 0)
				next.conditions[condition] = random_addresses(random);
		}
		config.rules.push_back(std::move(next));
	}
	return config;
}

std::vector<Packet> every_packet()
{
	std::vector<Packet> packets;
	for (std::uint32_t bits = 0; bits < 6 * 6 * 4 * 4 * 6; bits++) {
		Packet packet{};
		packet.port = {static_cast<std::uint16_t>(bits % 6),
			       static_cast<std::uint16_t>(bits / 6 % 6)};
		packet.address = {0xfffffffcu + bits / 36 % 4, 0xfffffffcu + bits / 144 % 4};
		packet.protocol = static_cast<std::uint8_t>(bits / 576);
		packets.push_back(packet);
	}
	return packets;
}

TEST(FindUnreachable, never_names_a_rule_that_a_packet_reaches)
{
	std::mt19937 random(7);
	const std::vector<Packet> packets = every_packet();
	std::size_t named = 0;
	for (int i = 0; i < 300; i++) {
		const Config config = random_config(random);
		for (const Unreachable &unreachable : find_unreachable(config)) {
			named++;
			for (const Packet &packet : packets)
				ASSERT_LE(takes(config, config.rules[unreachable.rule], packet),
					  takes(config, config.rules[unreachable.covered_by],
						packet));
		}
	}
	EXPECT_GT(named, 100u);
}

} // namespace
} // namespace flowmark
