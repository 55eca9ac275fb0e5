// SPDX-License-Identifier: Apache-2.0
// Policers: what passes within the rate, what is dropped beyond it, and how both are
// counted. How exact the rate is over 10 s is the lab's to show.
#include <gtest/gtest.h>
#include <linux/in.h>
#include <linux/pkt_cls.h>

#include <chrono>

#include "support/path.h"

namespace flowmark::test {
namespace {

constexpr unsigned kPoliced = 200;

// 8 kbit/s and 4,096 bytes: a second gives back 1,000 bytes.
const char *const kPolicePolicy = R"(
classes:
  - { name: slow, dscp: CS1, police: { rate: 8kbit, burst: 4kb } }
  - { name: free, dscp: EF }
rules: [{ class: slow, protocol: udp }]
default: free
)";

// What may pass by now, in bytes, of a policer that is as old as this.
class Allowance {
      public:
	[[nodiscard]] double bytes() const
	{
		const std::chrono::duration<double> age = std::chrono::steady_clock::now() - begun_;
		return 4096 + 1000 * age.count();
	}

      private:
	std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

FrameSpec frame_of(std::uint8_t protocol)
{
	FrameSpec frame;
	frame.protocol = protocol;
	return frame;
}

TEST(Police, drops_what_is_beyond_rate_and_burst_at_ingress_only)
{
	Path path(kPolicePolicy);
	const Allowance allowance;
	const Bytes frame = frame_of(IPPROTO_UDP).build();
	unsigned passed = 0, dropped = 0;
	for (unsigned i = 0; i < kPoliced; i++) {
		const int verdict = path.run(FM_INGRESS, frame).verdict;
		passed += verdict == TC_ACT_UNSPEC;
		dropped += verdict == TC_ACT_SHOT;
	}
	EXPECT_EQ(passed + dropped, kPoliced);
	// The burst, what drained meanwhile, and one frame that found the bucket not quite full.
	EXPECT_GE(passed, 4096 / frame.size());
	EXPECT_LE((passed - 2) * frame.size(), allowance.bytes());
	EXPECT_EQ(path.count(FM_INGRESS, "slow").packets, passed);
	EXPECT_EQ(path.drops("slow").packets, dropped);
	EXPECT_EQ(path.drops("slow").bytes, dropped * frame.size());
	for (unsigned i = 0; i < kPoliced; i++)
		EXPECT_EQ(path.run(FM_EGRESS, frame).verdict, TC_ACT_UNSPEC);
}

TEST(Police, leaves_classes_without_a_rate_alone)
{
	Path path(kPolicePolicy);
	const Bytes frame = frame_of(IPPROTO_TCP).build();
	for (unsigned i = 0; i < kPoliced; i++)
		EXPECT_EQ(path.run(FM_INGRESS, frame).verdict, TC_ACT_UNSPEC);
	EXPECT_EQ(path.drops("free").packets, 0U);
	EXPECT_EQ(path.count(FM_INGRESS, "free").packets, kPoliced);
}

TEST(Police, xdp_and_tc_share_the_bucket)
{
	Path path(kPolicePolicy);
	const Bytes frame = frame_of(IPPROTO_UDP).build();
	path.prove_xdp(true);
	const Allowance allowance;
	unsigned passed = 0, dropped = 0;
	for (unsigned i = 0; i < kPoliced; i++) {
		const auto by_xdp = path.run_xdp(frame);
		if (by_xdp.verdict == XDP_DROP) {
			dropped++;
			continue;
		}
		ASSERT_EQ(by_xdp.verdict, XDP_PASS);
		const int verdict = by_xdp.done ? TC_ACT_UNSPEC
						: path.run(FM_INGRESS, by_xdp.bytes).verdict;
		passed += verdict == TC_ACT_UNSPEC;
		dropped += verdict == TC_ACT_SHOT;
	}
	EXPECT_EQ(passed + dropped, kPoliced);
	EXPECT_GE(passed, 4096 / frame.size());
	EXPECT_LE((passed - 2) * frame.size(), allowance.bytes());
	EXPECT_EQ(path.count(FM_INGRESS, "slow").packets, passed);
	EXPECT_EQ(path.drops("slow").packets, dropped);
}

// A GSO packet larger than the burst passes once and is paid for afterwards: 15 s, with a header
// to each of its segments.
TEST(Police, a_super_packet_larger_than_the_burst_passes_and_is_paid_for)
{
	Path path(kPolicePolicy);
	FrameSpec frame = frame_of(IPPROTO_UDP);
	frame.payload = 3000;
	const Bytes bytes = frame.build();
	RunOptions options;
	options.gso_size = 10;
	options.gso_segs = 300;
	EXPECT_EQ(path.run(FM_INGRESS, bytes, options).verdict, TC_ACT_UNSPEC);
	EXPECT_EQ(path.run(FM_INGRESS, bytes, options).verdict, TC_ACT_SHOT);
	EXPECT_EQ(path.count(FM_INGRESS, "slow").packets, 300U);
	EXPECT_EQ(path.drops("slow").packets, 300U);
}

} // namespace
} // namespace flowmark::test
