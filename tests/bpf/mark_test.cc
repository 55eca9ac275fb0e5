// SPDX-License-Identifier: Apache-2.0
// What an interface's options make of a class's DSCP, byte for byte.
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

constexpr const char *kMarkPolicy =
	"classes: [{ name: hit, dscp: 46 }, { name: other, dscp: keep }]\n"
	"rules: [{ class: hit, port: 443 }]\ndefault: other\n";

FrameSpec arriving(std::uint8_t dscp, bool hit)
{
	FrameSpec frame;
	frame.dscp = dscp;
	frame.dest.port = hit ? 443 : 80;
	return frame;
}

TEST(Mark, every_dscp_over_every_dscp_and_ecn_both_families)
{
	for (std::uint8_t target = 0; target < 64; target++) {
		Path path("classes: [{ name: all, dscp: " + std::to_string(target) +
			  " }]\ndefault: all\n");
		for (const NetShape net : {NetShape::ip4, NetShape::ip6})
			for (unsigned tos = 0; tos < 256; tos++) {
				FrameSpec frame;
				frame.net = net;
				frame.dscp = static_cast<std::uint8_t>(tos >> 2);
				frame.ecn = tos & 3;
				path.expect(frame, target, tos & 1 ? FM_INGRESS : FM_EGRESS);
			}
	}
}

TEST(Mark, keep_leaves_the_mark_alone)
{
	Path path(kMarkPolicy);
	path.expect(arriving(12, false), kUntouched);
	path.expect(arriving(12, true), 46);
}

TEST(Mark, only_the_directions_that_are_named)
{
	Path path(kMarkPolicy, "lan0", "mark: [egress]");
	path.expect(arriving(12, true), kUntouched, FM_INGRESS);
	path.expect(arriving(12, true), 46, FM_EGRESS);
	// Counted all the same; expect() has sent it through XDP, too.
	EXPECT_EQ(path.xdp_done(), 1U);
	EXPECT_EQ(path.count(FM_INGRESS, "hit").packets, 2U);
}

TEST(Mark, untrusted_marks_are_reset_on_arrival_only)
{
	Path path(kMarkPolicy, "lan0", "trust: false");
	path.expect(arriving(12, false), 0, FM_INGRESS);
	path.expect(arriving(12, true), 46, FM_INGRESS);
	path.expect(arriving(12, false), kUntouched, FM_EGRESS);
}

TEST(Mark, washed_packets_leave_with_0_and_their_class_in_the_priority)
{
	Path path(kMarkPolicy, "lan0", "wash: [egress]");
	path.expect(arriving(12, true), 0, FM_EGRESS);
	path.expect(arriving(12, false), 0, FM_EGRESS);
	path.expect(arriving(12, true), 46, FM_INGRESS);
	EXPECT_EQ(path.run(FM_EGRESS, arriving(0, true).build()).priority, FM_PRIORITY_BASE + 0);
	EXPECT_EQ(path.run(FM_EGRESS, arriving(0, false).build()).priority, FM_PRIORITY_BASE + 1);
	EXPECT_EQ(path.run(FM_INGRESS, arriving(0, true).build()).priority, 0U);
}

TEST(Mark, first_rule_that_holds_decides)
{
	Path path("classes: [{ name: a, dscp: 1 }, { name: b, dscp: 2 }, { name: c, dscp: 3 }]\n"
		  "rules:\n"
		  " - { class: a, protocol: tcp, port: 443 }\n"
		  " - { class: b, port: 443 }\n"
		  " - { class: a, port: 443 }\n"
		  "default: c\n");
	FrameSpec frame;
	path.expect(frame, 2);
	frame.protocol = 6;
	path.expect(frame, 1);
	frame.dest.port = 80;
	path.expect(frame, 3);
}

TEST(Mark, flows_on_different_vlans_are_different_flows)
{
	Path path("classes: [{ name: a, dscp: 1 }, { name: b, dscp: 2 }]\n"
		  "rules: [{ class: a, vlan: 5 }]\ndefault: b\n");
	FrameSpec frame{.link = LinkShape::vlan};
	for (int i = 0; i < 3; i++) {
		frame.vlan = 5;
		path.expect(frame, 1);
		frame.vlan = 6;
		path.expect(frame, 2);
	}
}

TEST(Mark, three_hundred_generations)
{
	Path path(kMarkPolicy); // their eight bits in the cache wrap
	for (unsigned i = 0; i < 300; i++) {
		const auto dscp = static_cast<std::uint8_t>(1 + i % 60);
		path.reload("classes: [{ name: a, dscp: " + std::to_string(dscp) +
			    " }]\ndefault: a\n");
		path.expect(FrameSpec{}, dscp);
	}
}

} // namespace

} // namespace flowmark::test
