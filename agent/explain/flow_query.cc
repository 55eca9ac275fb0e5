// SPDX-License-Identifier: Apache-2.0
#include "explain/flow_query.h"

#include <tuple>

#include <fmt/format.h>

#include "config/scalars.h"
#include "config/text.h"

namespace flowmark {

namespace {

constexpr std::uint32_t kMaxPort = 65535;

struct WrittenEnd {
	std::uint8_t family;
	FlowEnd end;
};

std::optional<Prefix> parse_address(std::string_view text)
{
	const auto prefix = parse_prefix(text);
	if (!prefix || text.find('/') != std::string_view::npos)
		return std::nullopt;
	return prefix;
}

std::optional<WrittenEnd> with_port(std::string_view address, std::string_view port)
{
	const auto parsed = parse_address(address);
	const auto number = parse_number(port, kMaxPort);
	if (!parsed || !number)
		return std::nullopt;
	return WrittenEnd{parsed->family,
			  {{parsed->hi, parsed->lo}, static_cast<std::uint16_t>(*number)}};
}

std::optional<WrittenEnd> without_port(std::string_view address)
{
	const auto parsed = parse_address(address);
	if (!parsed)
		return std::nullopt;
	return WrittenEnd{parsed->family, {{parsed->hi, parsed->lo}, 0}};
}

std::optional<WrittenEnd> parse_end(std::string_view text, bool has_port)
{
	if (!has_port)
		return without_port(text);
	const std::size_t colon = text.rfind(':');
	if (colon == std::string_view::npos)
		return std::nullopt;
	const std::string_view port = text.substr(colon + 1);
	if (!text.starts_with('[')) {
		const auto end = with_port(text.substr(0, colon), port);
		return end && end->family == 4 ? end : std::nullopt;
	}
	if (colon < 2 || text[colon - 1] != ']')
		return std::nullopt;
	const auto end = with_port(text.substr(1, colon - 2), port);
	return end && end->family == 6 ? end : std::nullopt;
}

Error wrong_end(const char *what, std::string_view text, bool has_port)
{
	return Error{fmt::format("{}: {}", what,
				 found(quote(text), has_port ? "ADDRESS:PORT or [IPv6]:PORT"
							     : "an address without a port"))};
}

auto order_of(const FlowEnd &end)
{
	return std::tuple(end.port, end.address[0], end.address[1]);
}

bool is_end(const FlowEnd &end, const __u64 (&address)[2], std::uint16_t port)
{
	return end.address[0] == address[0] && end.address[1] == address[1] && end.port == port;
}

} // namespace

Result<FlowQuery> parse_flow(std::string_view protocol, std::string_view client,
			     std::string_view server)
{
	const auto number = parse_protocol(protocol);
	if (!number)
		return Error{
			fmt::format("protocol: {}",
				    found(quote(protocol), "a name (tcp, udp, icmp) or a number "
							   "from 0 to 255"))};
	const bool has_ports = protocol_has_ports(*number);
	const auto from = parse_end(client, has_ports);
	if (!from)
		return wrong_end("client", client, has_ports);
	const auto to = parse_end(server, has_ports);
	if (!to)
		return wrong_end("server", server, has_ports);
	if (from->family != to->family)
		return Error{fmt::format("found an IPv{} client and an IPv{} server, expected both "
					 "of one family",
					 from->family, to->family)};
	FlowQuery query;
	query.family = from->family;
	query.protocol = *number;
	query.client = from->end;
	query.server = to->end;
	return query;
}

bool is_flow(const fm_flow_key &key, const FlowQuery &query)
{
	if (key.family != query.family || key.protocol != query.protocol ||
	    (query.vlan && key.vlan != *query.vlan))
		return false;
	return (is_end(query.client, key.low_addr, key.low_port) &&
		is_end(query.server, key.high_addr, key.high_port)) ||
	       (is_end(query.client, key.high_addr, key.high_port) &&
		is_end(query.server, key.low_addr, key.low_port));
}

// As bpf/flow_key.h: the low end has the lower port, on equal ports the lower address.
fm_flow_key key_of(const FlowQuery &query, std::uint32_t iface)
{
	const bool client_is_low = order_of(query.client) < order_of(query.server);
	const FlowEnd &low = client_is_low ? query.client : query.server;
	const FlowEnd &high = client_is_low ? query.server : query.client;
	fm_flow_key key{};
	for (std::size_t i = 0; i < low.address.size(); i++) {
		key.low_addr[i] = low.address[i];
		key.high_addr[i] = high.address[i];
	}
	key.low_port = low.port;
	key.high_port = high.port;
	key.vlan = query.vlan.value_or(0);
	key.protocol = query.protocol;
	key.family = query.family;
	key.iface = iface;
	return key;
}

} // namespace flowmark
