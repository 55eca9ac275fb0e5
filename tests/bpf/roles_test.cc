// SPDX-License-Identifier: Apache-2.0
// Who opened a flow, where the lower port would say otherwise.
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

constexpr std::uint8_t kSyn = 0x02, kSynAck = 0x12, kAck = 0x10, kReset = 0x14;
constexpr const char *kServerPolicy =
	"classes: [{ name: hit, dscp: 46 }, { name: other, dscp: 10 }]\n"
	"rules: [{ class: hit, server_port: 51413 }]\ndefault: other\n";

// From port 6881 to port 51413: the lower port is the initiator's.
FrameSpec segment(std::uint8_t flags)
{
	FrameSpec frame;
	frame.protocol = 6;
	frame.source.port = 6881;
	frame.dest.port = 51413;
	frame.tcp_flags = flags;
	return frame;
}

FrameSpec answer(std::uint8_t flags)
{
	return segment(flags).reversed();
}

TEST(Roles, a_syn_shows_the_initiator)
{
	Path path(kServerPolicy);
	path.expect(segment(kSyn), kHit);
	path.expect(answer(kSynAck), kHit);
	path.expect(segment(kAck), kHit);
}

TEST(Roles, an_answered_flow_is_decided_alike_when_forgotten)
{
	Path path(kServerPolicy);
	path.expect(segment(kSyn), kHit);
	path.expect(answer(kSynAck), kHit);
	path.expect(segment(kAck), kHit);
	path.forget();
	path.expect(segment(kAck), kHit);
	path.forget();
	path.expect(answer(kAck), kHit);
}

TEST(Roles, an_answered_flow_is_decided_alike_after_a_reload)
{
	Path path(kServerPolicy);
	path.expect(segment(kSyn), kHit);
	path.expect(answer(kSynAck), kHit);
	path.expect(segment(kAck), kHit);
	path.reload("classes: [{ name: hit, dscp: 40 }, { name: other, dscp: 10 }]\n"
		    "rules: [{ class: hit, client_port: 6881 }]\ndefault: other\n");
	path.expect(answer(kAck), 40);
}

TEST(Roles, a_bare_syn_leaves_no_fact)
{
	Path path(kServerPolicy);
	path.expect(segment(kSyn), kHit);
	path.expect(segment(kSyn), kHit);
	path.forget();
	path.expect(segment(kAck), kMiss); // by the lower port, as for any flow met midway
}

// What a spoofed SYN gets from a server: neither may fill the exact table.
TEST(Roles, an_answer_to_a_spoofed_syn_leaves_no_fact)
{
	for (const std::uint8_t flags : {kSynAck, kReset}) {
		Path path(kServerPolicy);
		path.expect(segment(kSyn), kHit);
		path.expect(answer(flags), kHit);
		path.expect(answer(flags), kHit);
		path.expect(segment(kSyn), kHit);
		path.forget();
		path.expect(segment(kAck), kMiss);
	}
}

// Another flow may have taken the SYN's place in the cache by then.
TEST(Roles, a_syn_ack_stands_for_a_forgotten_syn)
{
	Path path(kServerPolicy);
	path.expect(segment(kSyn), kHit);
	path.forget();
	path.expect(answer(kSynAck), kHit);
	path.expect(segment(kAck), kHit);
	path.forget();
	path.expect(answer(kAck), kHit);
}

TEST(Roles, a_syn_ack_alone_shows_the_responder)
{
	Path path(kServerPolicy);
	path.expect(answer(kSynAck), kHit);
}

TEST(Roles, a_flow_met_midway_has_the_lower_port_as_responder)
{
	Path path(kServerPolicy);
	path.expect(segment(kAck), kMiss);
	path.forget();
	path.expect(answer(kAck), kMiss);
}

TEST(Roles, equal_ports_have_the_lower_address_as_responder)
{
	Path path("classes: [{ name: hit, dscp: 46 }, { name: other, dscp: 10 }]\n"
		  "rules: [{ class: hit, server: [198.51.100.7, \"2001:db8:1::7\"] }]\n"
		  "default: other\n");
	for (const NetShape net : {NetShape::ip4, NetShape::ip6}) {
		FrameSpec frame;
		frame.net = net;
		frame.source.port = frame.dest.port = 5060;
		path.expect(frame, kHit);
		path.forget();
		path.expect(frame.reversed(), kHit);
	}
}

TEST(Roles, an_echo_shows_who_asked)
{
	Path path("classes: [{ name: hit, dscp: 46 }, { name: other, dscp: 10 }]\n"
		  "rules: [{ class: hit, client: [203.0.113.9, \"2001:db8:2::9\"] }]\n"
		  "default: other\n");
	for (const NetShape net : {NetShape::ip4, NetShape::ip6}) {
		FrameSpec frame;
		frame.net = net;
		frame.protocol = is_ip6(net) ? 58 : 1;
		frame.icmp_type = is_ip6(net) ? 128 : 8;
		path.expect(frame, kMiss);
		path.forget();
		path.expect(frame.reversed(), kHit);
		path.forget();
		frame.icmp_type = is_ip6(net) ? 129 : 0;
		path.expect(frame, kHit);
	}
}

} // namespace

} // namespace flowmark::test
