// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

constexpr const char *kPolicy = "classes: [{ name: hit, dscp: 46 }, { name: other, dscp: keep }]\n"
				"rules: [{ class: hit, port: 443 }]\ndefault: other\n";

TEST(Account, packets_bytes_and_marks)
{
	Path path(kPolicy);
	FrameSpec frame;
	const std::uint64_t length = frame.build().size();
	path.run(FM_INGRESS, frame.build());
	frame.dscp = 46; // right already: not marked
	path.run(FM_INGRESS, frame.build());
	const CounterSum in = path.count(FM_INGRESS, "hit");
	EXPECT_EQ(in.packets, 2U);
	EXPECT_EQ(in.bytes, 2 * length);
	EXPECT_EQ(in.marked, 1U);
	EXPECT_EQ(path.count(FM_EGRESS, "hit").packets, 0U);
	EXPECT_EQ(path.count(FM_INGRESS, "other").packets, 0U);
}

TEST(Account, a_tcp_super_packet_counts_its_segments)
{
	Path path(kPolicy);
	const FrameSpec frame{.protocol = 6, .payload = 3000};
	for (const std::uint32_t segments : {3U, 0U}) // 0: a guest that only gives the size
		path.run(FM_EGRESS, frame.build(), {.gso_segs = segments, .gso_size = 1000});
	const CounterSum out = path.count(FM_EGRESS, "hit");
	EXPECT_EQ(out.packets, 6U);
	EXPECT_EQ(out.bytes, 2U * (3000 + 3 * (14 + 20 + 20)));
	EXPECT_EQ(out.marked, 6U);
}

TEST(Account, a_udp_super_packet_counts_its_segments)
{
	Path path(kPolicy);
	const FrameSpec frame{.net = NetShape::ip6, .payload = 2500};
	path.run(FM_EGRESS, frame.build(), {.gso_segs = 3, .gso_size = 1000});
	const CounterSum out = path.count(FM_EGRESS, "hit");
	EXPECT_EQ(out.packets, 3U);
	EXPECT_EQ(out.bytes, 2500U + 3 * (14 + 40 + 8));
}

TEST(Account, counters_survive_reloads)
{
	Path path(kPolicy);
	path.run(FM_INGRESS, FrameSpec{}.build());
	path.reload("classes: [{ name: first, dscp: 1 }, { name: hit, dscp: 2 }]\n"
		    "rules: [{ class: hit, port: 443 }]\ndefault: first\n");
	path.run(FM_INGRESS, FrameSpec{}.build());
	EXPECT_EQ(path.count(FM_INGRESS, "hit").packets, 2U);
	EXPECT_EQ(path.count(FM_INGRESS, "first").packets, 0U);
}

} // namespace

} // namespace flowmark::test
