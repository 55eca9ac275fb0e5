// SPDX-License-Identifier: Apache-2.0
#include "shapes.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace flowmark::bench {

namespace {

constexpr std::uint32_t kClasses = 8;
constexpr std::uint32_t kDecidedClass = 1; // marks with kDscp
constexpr std::uint32_t kSeed = 7;	   // the same policies every time

// Documentation and benchmarking space is too small for a million prefixes.
constexpr std::uint32_t kFirst4 = 0x20000000, kSpan4 = 0x40000000;
constexpr std::uint64_t kTop6 = 0x20010db800000000;

Values ports(Range range)
{
	Values values;
	values.ranges.push_back(range);
	return values;
}

Values protocol(std::uint16_t number)
{
	return ports({number, number});
}

Values prefix(std::uint32_t address, std::uint8_t length)
{
	Values values;
	values.prefixes.push_back({0, address, length, 4});
	return values;
}

Prefix member4(std::mt19937_64 &random, std::size_t members)
{
	// A million needs longer ones, or they would cover one another.
	const unsigned shortest = members > 100000 ? 20 : 16, spread = 13;
	const auto length = static_cast<std::uint8_t>(shortest + random() % spread);
	const auto address = static_cast<std::uint32_t>(kFirst4 + random() % kSpan4);
	return {0, address & ~0U << (32 - length), length, 4};
}

Prefix member6(std::mt19937_64 &random)
{
	const auto length = static_cast<std::uint8_t>(48 + random() % 17);
	return {kTop6 | (random() & 0xffffffff & ~0ULL << (64 - length)), 0, length, 6};
}

std::size_t prefixes_of(const PolicyShape &shape)
{
	return shape.kind == PolicyKind::names ? PolicyShape{}.members : shape.members;
}

std::vector<Prefix> make_members(const PolicyShape &shape)
{
	std::mt19937_64 random(kSeed);
	std::vector<Prefix> members(prefixes_of(shape));
	for (Prefix &member : members)
		member = shape.family == 4 ? member4(random, members.size()) : member6(random);
	return members;
}

// One of four kinds of rule, none of which our packets satisfy.
Rule other_rule(std::size_t number)
{
	const auto low = static_cast<std::uint16_t>(number);
	const auto near = static_cast<std::uint32_t>(number) << 8;
	Rule rule;
	rule.class_index = 2 + static_cast<std::uint32_t>(number % (kClasses - 2));
	switch (number % 4) {
	case 0:
		rule.conditions[FM_COND_protocol] = protocol(kProtocol);
		rule.conditions[FM_COND_server_port] = ports(
			{static_cast<std::uint16_t>(1000 + low),
			 static_cast<std::uint16_t>(1000 + low)});
		break;
	case 1:
		rule.conditions[FM_COND_client] = prefix(0x0a000000 + near, 24);
		rule.conditions[FM_COND_port] = ports({5060, 5061});
		break;
	case 2:
		rule.conditions[FM_COND_server] = prefix(0xac100000 + near, 24);
		break;
	default:
		rule.conditions[FM_COND_protocol] = protocol(6);
		rule.conditions[FM_COND_port] = ports(
			{static_cast<std::uint16_t>(16000 + 8 * low),
			 static_cast<std::uint16_t>(16007 + 8 * low)});
	}
	return rule;
}

void add_name_rule(Config &config, const PolicyShape &shape)
{
	Set set{"names", SetKind::hosts, {}, {}, {}, {}};
	for (std::size_t i = 0; i < shape.members; i++)
		set.hosts.add(fmt::format("n{:08x}.example.com", i));
	config.sets.push_back(std::move(set));
	Rule rule;
	rule.class_index = kDecidedClass;
	rule.conditions[FM_COND_host].emplace().sets.push_back(0);
	config.rules.push_back(std::move(rule));
}

void add_mixed_rules(Config &config, const PolicyShape &shape)
{
	const auto members = static_cast<std::uint32_t>(config.sets.size());
	config.sets.push_back({"members", SetKind::prefixes, make_members(shape), {}, {}, {}});
	for (std::size_t i = config.rules.size(); i + 1 < shape.rules; i++)
		config.rules.push_back(other_rule(i));
	Rule deciding;
	deciding.class_index = kDecidedClass;
	deciding.conditions[FM_COND_protocol] = protocol(kProtocol);
	deciding.conditions[FM_COND_port] = ports({kPort, kPort});
	deciding.conditions[FM_COND_server].emplace().sets.push_back(members);
	config.rules.push_back(std::move(deciding));
}

// Ports of a rule each class; below those that clients use.
void add_port_rules(Config &config, const PolicyShape &shape)
{
	std::vector<Set> sets(kClasses - 1);
	std::mt19937_64 random(kSeed);
	std::vector<std::uint16_t> numbers(30000);
	for (std::size_t i = 0; i < numbers.size(); i++)
		numbers[i] = static_cast<std::uint16_t>(1000 + i);
	std::shuffle(numbers.begin(), numbers.end(), random);
	sets[0].ports.push_back({kPort, kPort});
	for (std::size_t i = 1; i < shape.ports; i++)
		sets[i % sets.size()].ports.push_back({numbers[i], numbers[i]});
	for (std::uint32_t i = 0; i < sets.size(); i++) {
		if (sets[i].ports.empty())
			continue;
		Rule rule;
		rule.class_index = kDecidedClass + i;
		rule.conditions[FM_COND_protocol] = protocol(kProtocol);
		rule.conditions[FM_COND_port].emplace().sets.push_back(
			static_cast<std::uint32_t>(config.sets.size()));
		sets[i].name = fmt::format("ports{}", i);
		sets[i].kind = SetKind::ports;
		config.sets.push_back(std::move(sets[i]));
		config.rules.push_back(std::move(rule));
	}
}

void add_dscp_rule(Config &config)
{
	Rule rule;
	rule.class_index = 2;
	rule.conditions[FM_COND_dscp] = protocol(46);
	config.rules.push_back(std::move(rule));
}

} // namespace

const char *name_of(PolicyKind kind)
{
	switch (kind) {
	case PolicyKind::mixed:
		return "mixed";
	case PolicyKind::ports:
		return "ports";
	case PolicyKind::ports_and_dscp:
		return "ports+dscp";
	case PolicyKind::names:
		return "names";
	}
	return "";
}

Config make_config(const PolicyShape &shape)
{
	constexpr std::uint8_t kDscps[kClasses] = {0, kDscp, 46, 26, 18, 10, 8, 48};
	Config config;
	config.files = {"generated"};
	config.interfaces.emplace_back().pattern = "*";
	for (std::uint32_t i = 0; i < kClasses; i++) {
		Class &added = config.classes.emplace_back();
		added.name = fmt::format("class{}", i);
		added.dscp = kDscps[i];
	}
	if (shape.kind == PolicyKind::names)
		add_name_rule(config, shape);
	if (shape.kind == PolicyKind::mixed || shape.kind == PolicyKind::names)
		add_mixed_rules(config, shape);
	else
		add_port_rules(config, shape);
	if (shape.kind == PolicyKind::ports_and_dscp)
		add_dscp_rule(config);
	return config;
}

std::vector<bench_dest> make_dests(const PolicyShape &shape)
{
	const std::vector<Prefix> members = make_members(shape);
	std::mt19937_64 random(kSeed + 1);
	std::vector<bench_dest> dests(BENCH_DESTS);
	for (bench_dest &dest : dests) {
		const Prefix &in = members[random() % members.size()];
		if (shape.family == 4) {
			const std::uint64_t host = random() & ~(~0ULL << (32 - in.length));
			dest.word[0] = htonl(static_cast<std::uint32_t>(in.lo | host));
			continue;
		}
		const std::uint64_t low = random();
		dest.word[0] = htonl(static_cast<std::uint32_t>(in.hi >> 32));
		dest.word[1] = htonl(static_cast<std::uint32_t>(in.hi));
		dest.word[2] = htonl(static_cast<std::uint32_t>(low >> 32));
		dest.word[3] = htonl(static_cast<std::uint32_t>(low));
	}
	return dests;
}

} // namespace flowmark::bench
