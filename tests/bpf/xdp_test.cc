// SPDX-License-Identifier: Apache-2.0
// The XDP program: what it does whole, what it leaves to tc, and that it counts what
// it does. That its marks are tc's is shown by every test that uses Path::expect.
#include <gtest/gtest.h>
#include <linux/in.h>

#include "support/path.h"

namespace flowmark::test {
namespace {

const char *const kXdpPolicy = R"(
classes: [{ name: voice, dscp: EF }]
rules: [{ class: voice, protocol: udp }]
)";

Bytes udp_frame()
{
	FrameSpec frame;
	frame.protocol = IPPROTO_UDP;
	return frame.build();
}

TEST(Xdp, leaves_only_notes_until_tc_has_seen_one)
{
	Path path(kXdpPolicy);
	const Bytes frame = udp_frame();
	path.run(FM_INGRESS, frame); // decided and remembered
	path.prove_xdp(false);
	const auto before = path.run_xdp(frame);
	EXPECT_TRUE(before.noted);
	EXPECT_FALSE(before.done);
	EXPECT_EQ(before.bytes, frame);
	path.prove_xdp(true);
	EXPECT_TRUE(path.run_xdp(frame).done);
}

TEST(Xdp, counts_what_it_does_and_nothing_else)
{
	Path path(kXdpPolicy);
	const Bytes frame = udp_frame();
	path.prove_xdp(true);
	for (unsigned i = 0; i < 11; i++) // the first is decided, the others recalled
		EXPECT_TRUE(path.run_xdp(frame).done);
	const CounterSum count = path.count(FM_INGRESS, "voice");
	EXPECT_EQ(count.packets, 11U);
	EXPECT_EQ(count.marked, 11U);
	EXPECT_EQ(count.bytes, 11 * frame.size());
}

TEST(Xdp, leaves_what_gro_has_merged)
{
	Path path(kXdpPolicy);
	FrameSpec spec;
	spec.protocol = IPPROTO_UDP;
	spec.payload = 2000;
	const Bytes frame = spec.build();
	path.run(FM_INGRESS, frame);
	path.prove_xdp(true);
	path.set_mtu(1500);
	EXPECT_FALSE(path.run_xdp(frame).done);
	path.set_mtu(9000);
	EXPECT_TRUE(path.run_xdp(frame).done);
}

// 6,000 bytes are more than the first buffer holds.
TEST(Xdp, does_frames_in_several_buffers)
{
	Path path(kXdpPolicy);
	FrameSpec spec;
	spec.protocol = IPPROTO_UDP;
	spec.payload = 1000;
	path.run(FM_INGRESS, spec.build());
	path.prove_xdp(true);
	path.set_mtu(9000);
	spec.payload = 6000;
	const Bytes frame = spec.build();
	const auto result = path.run_xdp(frame, true);
	EXPECT_TRUE(result.done);
	EXPECT_EQ(path.count(FM_INGRESS, "voice").bytes, frame.size() + frame.size() - 5000);
}

// A NIC may have taken the tag out of the frame.
TEST(Xdp, leaves_new_flows_to_tc_where_rules_look_at_vlans)
{
	Path path("classes: [{ name: voice, dscp: EF }, { name: other, dscp: CS1 }]\n"
		  "rules: [{ class: other, vlan: 5 }]\n"
		  "default: voice\n");
	const Bytes frame = udp_frame();
	path.prove_xdp(true);
	EXPECT_FALSE(path.run_xdp(frame).done);
	path.run(FM_INGRESS, frame);
	EXPECT_TRUE(path.run_xdp(frame).done);
}

TEST(Xdp, leaves_policies_that_look_at_marks_to_tc)
{
	Path path("classes: [{ name: voice, dscp: CS5 }]\n"
		  "rules: [{ class: voice, dscp: EF }]\n");
	const Bytes frame = udp_frame();
	path.run(FM_INGRESS, frame);
	path.prove_xdp(true);
	EXPECT_FALSE(path.run_xdp(frame).done);
}

} // namespace
} // namespace flowmark::test
