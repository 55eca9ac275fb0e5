// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "explain/flow_query.h"

namespace flowmark {

namespace {

FlowQuery parsed(const char *protocol, const char *client, const char *server)
{
	auto query = parse_flow(protocol, client, server);
	EXPECT_TRUE(query.ok()) << (query ? "" : query.error().message);
	return query ? *query : FlowQuery{};
}

std::string refused(const char *protocol, const char *client, const char *server)
{
	const auto query = parse_flow(protocol, client, server);
	return query ? "" : query.error().message;
}

TEST(FlowQuery, both_families_and_protocols_without_ports)
{
	const FlowQuery tcp = parsed("tcp", "192.0.2.7:51000", "203.0.113.5:443");
	EXPECT_EQ(tcp.family, 4);
	EXPECT_EQ(tcp.protocol, 6);
	EXPECT_EQ(tcp.client, (FlowEnd{{0, 0xc0000207}, 51000}));
	EXPECT_EQ(tcp.server, (FlowEnd{{0, 0xcb007105}, 443}));
	const FlowQuery udp = parsed("17", "[2001:db8::1]:0", "[2001:db8::2]:65535");
	EXPECT_EQ(udp.family, 6);
	EXPECT_EQ(udp.server, (FlowEnd{{0x20010db800000000, 2}, 65535}));
	EXPECT_EQ(parsed("icmp", "192.0.2.7", "203.0.113.5").client.port, 0);
	EXPECT_EQ(parsed("gre", "2001:db8::1", "2001:db8::2").family, 6);
}

TEST(FlowQuery, says_what_is_wrong_with_which_end)
{
	EXPECT_EQ(refused("tcp", "192.0.2.7", "203.0.113.5:443"),
		  "client: found '192.0.2.7', expected ADDRESS:PORT or [IPv6]:PORT");
	for (const char *end : {"", ":", "192.0.2.7:", "192.0.2.7:65536", "192.0.2.7:-1",
				"192.0.2.0/24:443", "[192.0.2.7]:443", "2001:db8::1:443", "[]:443",
				"[2001:db8::1]", "[2001:db8::1]443", "2001:db8::1]:443", "x:443"})
		EXPECT_TRUE(refused("tcp", "192.0.2.7:1", end).starts_with("server: found '"))
			<< end;
	EXPECT_EQ(refused("icmp", "192.0.2.7:1", "203.0.113.5"),
		  "client: found '192.0.2.7:1', expected an address without a port");
	EXPECT_EQ(refused("tcpx", "192.0.2.7:1", "203.0.113.5:2"),
		  "protocol: found 'tcpx', expected a name (tcp, udp, icmp) or a number from 0 to "
		  "255");
	EXPECT_NE(refused("tcp", "192.0.2.7:1", "[2001:db8::1]:2").find("of one family"),
		  std::string::npos);
}

// As bpf/flow_key.h orders them.
TEST(FlowQuery, the_low_end_has_the_lower_port_and_on_equal_ports_the_lower_address)
{
	const auto low_address = [](const char *client, const char *server) {
		return key_of(parsed("tcp", client, server), 0).low_addr[1] & 0xff;
	};
	EXPECT_EQ(low_address("192.0.2.7:51000", "192.0.2.9:443"), 9u);
	EXPECT_EQ(low_address("192.0.2.7:443", "192.0.2.9:51000"), 7u);
	EXPECT_EQ(low_address("192.0.2.9:443", "192.0.2.7:443"), 7u);
}

TEST(FlowQuery, a_key_is_of_the_flow_whoever_is_the_client)
{
	FlowQuery query = parsed("tcp", "192.0.2.7:51000", "192.0.2.9:443");
	FlowQuery other_way = parsed("tcp", "192.0.2.9:443", "192.0.2.7:51000");
	fm_flow_key key = key_of(query, 3);
	EXPECT_EQ(key.iface, 3u);
	EXPECT_TRUE(is_flow(key, query));
	EXPECT_TRUE(is_flow(key, other_way));
	EXPECT_FALSE(is_flow(key, parsed("udp", "192.0.2.7:51000", "192.0.2.9:443")));
	EXPECT_FALSE(is_flow(key, parsed("tcp", "192.0.2.7:51001", "192.0.2.9:443")));
	key.vlan = 5;
	EXPECT_TRUE(is_flow(key, query));
	query.vlan = 0;
	EXPECT_FALSE(is_flow(key, query));
	query.vlan = 5;
	EXPECT_TRUE(is_flow(key, query));
}

TEST(FlowFacts, of_a_key_and_who_opened_it)
{
	const fm_flow_key key = key_of(parsed("tcp", "192.0.2.7:51000", "192.0.2.9:443"), 0);
	EXPECT_EQ(facts_of(key, false).server.port, 443);
	EXPECT_EQ(facts_of(key, true).client.port, 443);
	EXPECT_EQ(facts_of(key, true).server.address[1], 0xc0000207);
}

} // namespace

} // namespace flowmark
