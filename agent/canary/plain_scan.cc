// SPDX-License-Identifier: Apache-2.0
#include "canary/plain_scan.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

namespace flowmark {

namespace {

struct Side {
	std::pair<std::uint64_t, std::uint64_t> address;
	std::uint16_t port;
};

// The `bits` that lead a word, as a number.
std::uint64_t leading(std::uint64_t word, unsigned bits, unsigned width)
{
	return bits == 0 ? 0 : word >> (width - bits);
}

bool in_prefix(const Prefix &prefix, std::uint8_t family, const Side &side)
{
	if (prefix.family != family)
		return false;
	if (family == 4)
		return leading(side.address.second, prefix.length, 32) ==
		       leading(prefix.lo, prefix.length, 32);
	const unsigned high = std::min<unsigned>(prefix.length, 64), low = prefix.length - high;
	return leading(side.address.first, high, 64) == leading(prefix.hi, high, 64) &&
	       leading(side.address.second, low, 64) == leading(prefix.lo, low, 64);
}

template <typename List, typename Test>
bool any(const List &list, Test test)
{
	// NOLINTNEXTLINE(readability-use-anyofallof): HostNames is no range of std's
	for (const auto &one : list)
		if (test(one))
			return true;
	return false;
}

bool in_ranges(const std::vector<Range> &ranges, std::uint32_t value)
{
	return any(ranges,
		   [&](const Range &range) { return range.first <= value && value <= range.last; });
}

bool port_holds(const Config &config, const Values &values, std::uint16_t port)
{
	return in_ranges(values.ranges, port) || any(values.sets, [&](std::uint32_t set) {
		       return in_ranges(config.sets[set].ports, port);
	       });
}

bool address_in(const std::vector<Prefix> &prefixes, std::uint8_t family, const Side &side)
{
	return any(prefixes, [&](const Prefix &prefix) { return in_prefix(prefix, family, side); });
}

bool address_holds(const Config &config, const Values &values, std::uint8_t family,
		   const Side &side)
{
	return address_in(values.prefixes, family, side) ||
	       any(values.sets, [&](std::uint32_t set) {
		       return address_in(config.sets[set].prefixes, family, side);
	       });
}

bool name_holds(const Values &values, const std::string &name)
{
	return any(values.names, [&](const std::string &glob) {
		return fnmatch(glob.c_str(), name.c_str(), 0) == 0;
	});
}

bool host_in(const HostNames &hosts, const std::string &name)
{
	return any(hosts, [&](std::string_view host) {
		return host == name || (host[0] == '*' && name.size() >= host.size() &&
					name.ends_with(host.substr(1)));
	});
}

bool host_holds(const Config &config, const Values &values, const std::string &name)
{
	return host_in(values.hosts, name) || any(values.sets, [&](std::uint32_t set) {
		       return host_in(config.sets[set].hosts, name);
	       });
}

// Without a default: a condition that is not known here does not compile.
bool condition_holds(const Config &config, unsigned condition, const Values &values,
		     const PlainPacket &packet, const Side &client, const Side &server)
{
	switch (static_cast<fm_condition>(condition)) {
	case FM_COND_protocol:
		return in_ranges(values.ranges, packet.protocol);
	case FM_COND_port:
		return packet.has_ports && (port_holds(config, values, client.port) ||
					    port_holds(config, values, server.port));
	case FM_COND_client_port:
		return packet.has_ports && port_holds(config, values, client.port);
	case FM_COND_server_port:
		return packet.has_ports && port_holds(config, values, server.port);
	case FM_COND_address:
		return address_holds(config, values, packet.family, client) ||
		       address_holds(config, values, packet.family, server);
	case FM_COND_client:
		return address_holds(config, values, packet.family, client);
	case FM_COND_server:
		return address_holds(config, values, packet.family, server);
	case FM_COND_dscp:
		return in_ranges(values.ranges, packet.dscp);
	case FM_COND_interface:
		return name_holds(values, packet.interface);
	case FM_COND_vlan:
		return packet.vlan != 0 && in_ranges(values.ranges, packet.vlan);
	case FM_COND_host:
		return !packet.host.empty() && host_holds(config, values, packet.host);
	case FM_COND_COUNT:
		break;
	}
	return false;
}

} // namespace

bool source_is_client(const PlainPacket &packet)
{
	if (packet.source_port != packet.dest_port)
		return packet.source_port > packet.dest_port;
	return std::pair(packet.source[0], packet.source[1]) >=
	       std::pair(packet.dest[0], packet.dest[1]);
}

std::optional<unsigned> plain_objection(const Config &config, std::size_t rule,
					const PlainPacket &packet)
{
	const Side source{{packet.source[0], packet.source[1]}, packet.source_port};
	const Side dest{{packet.dest[0], packet.dest[1]}, packet.dest_port};
	const bool from_client = source_is_client(packet);
	const Side &client = from_client ? source : dest;
	const Side &server = from_client ? dest : source;
	for (unsigned c = 0; c < FM_COND_COUNT; c++) {
		const auto &values = config.rules[rule].conditions[c];
		if (values && !condition_holds(config, c, *values, packet, client, server))
			return c;
	}
	return std::nullopt;
}

std::size_t plain_rule(const Config &config, const PlainPacket &packet)
{
	std::size_t rule = 0;
	while (rule < config.rules.size() && plain_objection(config, rule, packet))
		rule++;
	return rule;
}

std::uint32_t plain_class(const Config &config, std::size_t rule)
{
	return rule < config.rules.size() ? config.rules[rule].class_index : config.default_class;
}

} // namespace flowmark
