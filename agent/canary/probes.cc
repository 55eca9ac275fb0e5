// SPDX-License-Identifier: Apache-2.0
#include "canary/probes.h"

#include <netinet/in.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "canary/frame.h"

namespace flowmark {

namespace {

// Of documentation: RFC 5737, 3849.
constexpr std::uint64_t kSource4 = 0xc0000207, kDest4 = 0xcb007109; // 192.0.2.7, 203.0.113.9
constexpr std::uint64_t kPrefix6 = 0x20010db8'00000000;
constexpr std::uint16_t kClientPort = 61'999, kServerPort = 9; // discard
// A codepoint that no standard assigns: a mark that is written shows.
constexpr std::uint8_t kArrivesWith = 51;

using Conditions = std::array<std::optional<Values>, FM_COND_COUNT>;

// The first value, of the condition or of the first set that it names.
std::optional<std::uint16_t> first_number(const Config &config, const Conditions &conditions,
					  fm_condition condition)
{
	const auto &values = conditions[condition];
	if (!values)
		return std::nullopt;
	if (!values->ranges.empty())
		return values->ranges.front().first;
	for (const std::uint32_t set : values->sets)
		if (!config.sets[set].ports.empty())
			return config.sets[set].ports.front().first;
	return std::nullopt;
}

std::optional<Prefix> first_prefix(const Config &config, const Conditions &conditions,
				   fm_condition condition)
{
	const auto &values = conditions[condition];
	if (!values)
		return std::nullopt;
	if (!values->prefixes.empty())
		return values->prefixes.front();
	for (const std::uint32_t set : values->sets)
		if (!config.sets[set].prefixes.empty())
			return config.sets[set].prefixes.front();
	return std::nullopt;
}

void put_default_addresses(PlainPacket &packet)
{
	if (packet.family == 4) {
		packet.source[1] = kSource4;
		packet.dest[1] = kDest4;
		return;
	}
	packet.source[0] = packet.dest[0] = kPrefix6;
	packet.source[1] = 7;
	packet.dest[1] = 9;
}

void put_address(std::uint64_t (&to)[2], const std::optional<Prefix> &prefix)
{
	if (!prefix)
		return;
	to[0] = prefix->hi;
	to[1] = prefix->lo;
}

PlainPacket plain(std::uint8_t family, std::string interface)
{
	PlainPacket packet;
	packet.family = family;
	put_default_addresses(packet);
	packet.source_port = kClientPort;
	packet.dest_port = kServerPort;
	packet.dscp = kArrivesWith;
	packet.interface = std::move(interface);
	return packet;
}

std::uint8_t family_of(const std::optional<std::uint16_t> &protocol)
{
	return protocol == IPPROTO_ICMPV6 ? 6 : 4;
}

bool has_frame(const PlainPacket &packet)
{
	switch (packet.protocol) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		return true;
	case IPPROTO_ICMP:
		return packet.family == 4;
	case IPPROTO_ICMPV6:
		return packet.family == 6;
	default:
		return false;
	}
}

// A packet with the first value of each condition. It need not hold: the scan says what does.
std::optional<PlainPacket> packet_for(const Config &config, const Rule &rule,
				      const std::string &interface)
{
	const auto number = [&](fm_condition condition) {
		return first_number(config, rule.conditions, condition);
	};
	const auto prefix = [&](fm_condition condition) {
		return first_prefix(config, rule.conditions, condition);
	};
	const auto client = prefix(FM_COND_client);
	auto server = prefix(FM_COND_server);
	if (!server)
		server = prefix(FM_COND_address);
	if (rule.conditions[FM_COND_host] || (client && server && client->family != server->family))
		return std::nullopt;
	const std::optional<Prefix> &any = client ? client : server;
	const auto protocol = number(FM_COND_protocol);
	PlainPacket packet = plain(any ? any->family : family_of(protocol), interface);
	put_address(packet.source, client);
	put_address(packet.dest, server);
	packet.protocol = static_cast<std::uint8_t>(protocol.value_or(IPPROTO_UDP));
	packet.has_ports = packet.protocol == IPPROTO_TCP || packet.protocol == IPPROTO_UDP;
	packet.source_port = number(FM_COND_client_port).value_or(kClientPort);
	packet.dest_port =
		number(FM_COND_server_port).value_or(number(FM_COND_port).value_or(kServerPort));
	packet.dscp = static_cast<std::uint8_t>(number(FM_COND_dscp).value_or(kArrivesWith));
	packet.vlan = number(FM_COND_vlan).value_or(0);
	return has_frame(packet) ? std::optional(packet) : std::nullopt;
}

Probe probe_of(const Config &config, PlainPacket packet)
{
	if (!packet.has_ports)
		packet.source_port = packet.dest_port = 0;
	// Only the client's own mark is a fact about the flow.
	if (!source_is_client(packet)) {
		std::swap(packet.source, packet.dest);
		std::swap(packet.source_port, packet.dest_port);
	}
	Probe probe;
	probe.rule = plain_rule(config, packet);
	probe.class_index = plain_class(config, probe.rule);
	const std::uint8_t written = config.classes[probe.class_index].dscp;
	probe.dscp = written == FM_DSCP_KEEP ? packet.dscp : written;
	probe.arrives = build_frame(packet, packet.dscp);
	probe.leaves = build_frame(packet, probe.dscp);
	probe.packet = std::move(packet);
	return probe;
}

} // namespace

std::vector<Probe> make_probes(const Config &config, const std::string &interface)
{
	std::vector<Probe> probes;
	for (const std::uint8_t family : {std::uint8_t{4}, std::uint8_t{6}})
		probes.push_back(probe_of(config, plain(family, interface)));
	// Without ports: the full program's work.
	PlainPacket icmp = plain(4, interface);
	icmp.protocol = IPPROTO_ICMP;
	icmp.has_ports = false;
	probes.push_back(probe_of(config, std::move(icmp)));
	const std::size_t rules = config.rules.size();
	const std::size_t wanted = std::min(rules, kMaxProbes - probes.size());
	for (std::size_t i = 0; i < wanted; i++)
		if (auto packet = packet_for(config, config.rules[i * rules / wanted], interface))
			probes.push_back(probe_of(config, std::move(*packet)));
	return probes;
}

} // namespace flowmark
