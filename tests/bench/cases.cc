// SPDX-License-Identifier: Apache-2.0
#include "cases.h"

#include <set>

#include <fmt/format.h>

namespace flowmark::bench {

namespace {

constexpr std::uint32_t kLruEntries = 1U << 18; // ample for 64,000 flows
constexpr std::uint32_t kStormEntries = 1U << 20;
constexpr std::uint32_t kFlows[] = {1, 1000, 10000, 64000, 1000000};
constexpr std::size_t kRules[] = {10, 64, 100, 1000};
constexpr std::size_t kMembers[] = {10000, 1000000}; // beside the base's
constexpr PacketKind kPacketKinds[] = {PacketKind::known, PacketKind::first,
				       PacketKind::unparsable};

Pattern known(std::uint32_t flows, int family = 4)
{
	return {PacketKind::known, family, flows, false};
}

Pattern first(int family = 4)
{
	return {PacketKind::first, family, 1, true};
}

Subject floor_of(FloorKind kind)
{
	return {std::nullopt, kind, kLruEntries};
}

Subject flowmark_with(const PolicyShape &shape)
{
	return {shape, FloorKind::nothing, 0};
}

PolicyShape ports(std::size_t count, int family = 4)
{
	return {PolicyKind::ports, 0, 10, count, family};
}

void add_floors(std::vector<Case> &cases)
{
	for (const FloorKind kind : {FloorKind::ports, FloorKind::lru, FloorKind::signature}) {
		for (const std::uint32_t flows : kFlows)
			// The LRU at a million flows measures DRAM, and no target asks for it.
			if (kind != FloorKind::lru || flows < kLruEntries)
				cases.push_back({floor_of(kind), known(flows)});
		cases.push_back({floor_of(kind), known(1, 6)});
		if (kind != FloorKind::lru)
			cases.push_back({floor_of(kind), first()});
	}
	cases.push_back({{std::nullopt, FloorKind::lru, kStormEntries}, first()});
}

void add_flows(std::vector<Case> &cases)
{
	for (const std::uint32_t flows : kFlows) {
		cases.push_back({flowmark_with({}), known(flows)});
		cases.push_back({flowmark_with(ports(10)), known(flows)});
	}
	const PolicyShape mixed6{PolicyKind::mixed, 64, 10, 10, 6};
	cases.push_back({flowmark_with(mixed6), known(1, 6)});
	cases.push_back({flowmark_with(mixed6), first(6)});
	cases.push_back({flowmark_with(ports(10, 6)), known(1, 6)});
}

void add_policies(std::vector<Case> &cases)
{
	const auto add = [&](const PolicyShape &shape) {
		for (const PacketKind kind : kPacketKinds) {
			const Pattern pattern{kind, 4, 1, kind == PacketKind::first};
			if (kind != PacketKind::known || shape != PolicyShape{}) // is there already
				cases.push_back({flowmark_with(shape), pattern});
		}
	};
	for (const std::size_t rules : kRules)
		add({PolicyKind::mixed, rules, 10, 10, 4});
	for (const std::size_t members : kMembers)
		add({PolicyKind::mixed, 64, members, 10, 4});
	cases.push_back({flowmark_with(ports(10)), first()});
	cases.push_back({flowmark_with(ports(10000)), known(1)});
	cases.push_back({flowmark_with(ports(10000)), first()});
	const PolicyShape with_dscp{PolicyKind::ports_and_dscp, 0, 10, 10, 4};
	cases.push_back({flowmark_with(with_dscp), known(1)});
	cases.push_back({flowmark_with(with_dscp), first()});
}

// Not with more flows than the cache holds: XDP hands those that it has forgotten to tc.
void add_xdp(std::vector<Case> &cases)
{
	for (const std::uint32_t flows : {1U, 1000U}) {
		for (const FloorKind kind :
		     {FloorKind::ports, FloorKind::lru, FloorKind::signature})
			cases.push_back({floor_of(kind), known(flows), HookPoint::xdp});
		cases.push_back({flowmark_with({}), known(flows), HookPoint::xdp});
	}
	cases.push_back({flowmark_with(ports(10)), known(1), HookPoint::xdp});
}

// A hello's packet is decided by its name; the others have none.
void add_names(std::vector<Case> &cases)
{
	for (const std::uint32_t names : {10U, 1000000U}) {
		const Subject subject = flowmark_with({PolicyKind::names, 1000, names, 10, 4});
		cases.push_back({subject, known(1)});
		cases.push_back({subject, first()});
		cases.push_back({subject, {PacketKind::hello, 4, names, false}});
	}
}

void add_empty(std::vector<Case> &cases)
{
	std::set<std::pair<HookPoint, Pattern>> patterns;
	for (const Case &which : cases)
		patterns.insert({which.hook, which.pattern});
	for (const auto &[hook, pattern] : patterns)
		cases.push_back({floor_of(FloorKind::nothing), pattern, hook});
}

std::string describe(const PolicyShape &policy)
{
	if (policy.kind != PolicyKind::mixed && policy.kind != PolicyKind::names)
		return fmt::format("{} ports={}", name_of(policy.kind), policy.ports);
	return fmt::format("{} rules={} members={}", name_of(policy.kind), policy.rules,
			   policy.members);
}

const char *name_of(FloorKind kind)
{
	switch (kind) {
	case FloorKind::nothing:
		return "empty";
	case FloorKind::ports:
		return "floor-ports";
	case FloorKind::lru:
		return "floor-lru";
	case FloorKind::signature:
		break;
	}
	return "floor-signature";
}

} // namespace

std::string describe(const Subject &subject)
{
	if (subject.policy)
		return "flowmark " + describe(*subject.policy);
	return name_of(subject.floor);
}

std::string describe(const Case &which)
{
	return fmt::format("{} {}: {}", which.hook == HookPoint::tc ? "tc" : "xdp",
			   describe(which.subject), describe(which.pattern));
}

std::vector<Case> all_cases()
{
	std::vector<Case> cases;
	add_floors(cases);
	add_flows(cases);
	add_policies(cases);
	add_xdp(cases);
	add_names(cases);
	add_empty(cases);
	return cases;
}

} // namespace flowmark::bench
