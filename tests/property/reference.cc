// SPDX-License-Identifier: Apache-2.0
#include "property/reference.h"

#include <fnmatch.h>

#include <utility>

namespace flowmark::test {

namespace {

struct Side {
	std::pair<std::uint64_t, std::uint64_t> address;
	std::uint16_t port;
};

bool in_prefix(const Prefix &prefix, std::uint8_t family, const Side &side)
{
	if (prefix.family != family)
		return false;
	const unsigned width = family == 4 ? 32 : 128;
	for (unsigned bit = 0; bit < prefix.length; bit++) {
		const unsigned place = width - 1 - bit; // from the right
		const std::uint64_t a = place >= 64 ? side.address.first >> (place - 64)
						    : side.address.second >> place;
		const std::uint64_t b = place >= 64 ? prefix.hi >> (place - 64)
						    : prefix.lo >> place;
		if ((a & 1) != (b & 1))
			return false;
	}
	return true;
}

bool in_ranges(const std::vector<Range> &ranges, std::uint32_t value)
{
	for (const Range &range : ranges)
		if (range.first <= value && value <= range.last)
			return true;
	return false;
}

bool port_holds(const Config &config, const Values &values, std::uint16_t port)
{
	if (in_ranges(values.ranges, port))
		return true;
	for (const std::uint32_t set : values.sets)
		if (in_ranges(config.sets[set].ports, port))
			return true;
	return false;
}

bool address_in(const std::vector<Prefix> &prefixes, std::uint8_t family, const Side &side)
{
	for (const Prefix &prefix : prefixes)
		if (in_prefix(prefix, family, side))
			return true;
	return false;
}

bool address_holds(const Config &config, const Values &values, std::uint8_t family,
		   const Side &side)
{
	if (address_in(values.prefixes, family, side))
		return true;
	for (const std::uint32_t set : values.sets)
		if (address_in(config.sets[set].prefixes, family, side))
			return true;
	return false;
}

bool name_holds(const Values &values, const std::string &name)
{
	for (const std::string &glob : values.names)
		if (fnmatch(glob.c_str(), name.c_str(), 0) == 0)
			return true;
	return false;
}

bool host_in(const HostNames &hosts, const std::string &name)
{
	for (const std::string_view host : hosts)
		if (host == name || (host[0] == '*' && name.size() >= host.size() &&
				     name.ends_with(host.substr(1))))
			return true;
	return false;
}

bool host_holds(const Config &config, const Values &values, const std::string &name)
{
	if (host_in(values.hosts, name))
		return true;
	for (const std::uint32_t set : values.sets)
		if (host_in(config.sets[set].hosts, name))
			return true;
	return false;
}

bool condition_holds(const Config &config, unsigned condition, const Values &values,
		     const ReferencePacket &packet, const Side &client, const Side &server)
{
	switch (condition) {
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
		return host_holds(config, values, packet.host);
	default:
		std::abort(); // a condition that the reference does not know
	}
}

} // namespace

bool source_is_client(const ReferencePacket &packet)
{
	if (packet.source_port != packet.dest_port)
		return packet.source_port > packet.dest_port;
	return std::pair(packet.source[0], packet.source[1]) >=
	       std::pair(packet.dest[0], packet.dest[1]);
}

std::optional<unsigned> reference_objection(const Config &config, std::size_t rule,
					    const ReferencePacket &packet)
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

std::size_t reference_rule(const Config &config, const ReferencePacket &packet)
{
	std::size_t rule = 0;
	while (rule < config.rules.size() && reference_objection(config, rule, packet))
		rule++;
	return rule;
}

} // namespace flowmark::test
