// SPDX-License-Identifier: Apache-2.0
// Fail open: what cannot be understood passes as it came and is counted.
#include <gtest/gtest.h>
#include <linux/pkt_cls.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

constexpr const char *kReasonPolicy = "classes: [{ name: all, dscp: 46 }]\ndefault: all\n";

class Reasons : public testing::Test {
      protected:
	void expect_reason(const Bytes &frame, const char *reason)
	{
		const std::uint64_t before = path_.count(FM_INGRESS, reason, true).packets;
		const RunResult result = path_.run(FM_INGRESS, frame);
		EXPECT_EQ(result.verdict, TC_ACT_UNSPEC);
		EXPECT_EQ(result.bytes, frame);
		EXPECT_EQ(path_.count(FM_INGRESS, reason, true).packets, before + 1) << reason;
	}

	Path path_{kReasonPolicy};
};

TEST_F(Reasons, arp_is_not_ip)
{
	Bytes frame = FrameSpec{}.build();
	frame[12] = 0x08;
	frame[13] = 0x06;
	expect_reason(frame, "not_ip");
}

TEST_F(Reasons, pppoe_control_is_not_ip)
{
	Bytes frame = FrameSpec{.link = LinkShape::pppoe}.build();
	frame[20] = 0xc0; // LCP
	frame[21] = 0x21;
	expect_reason(frame, "not_ip");
	frame = FrameSpec{.link = LinkShape::pppoe}.build();
	frame[15] = 0x09; // discovery
	expect_reason(frame, "not_ip");
}

TEST_F(Reasons, three_tags_are_too_deep)
{
	Bytes frame = FrameSpec{.link = LinkShape::qinq}.build();
	const Bytes tag{0x81, 0x00, 0x00, 0x05};
	frame.insert(frame.begin() + 12, tag.begin(), tag.end());
	expect_reason(frame, "vlan_depth");
}

TEST_F(Reasons, impossible_headers_are_malformed)
{
	Bytes frame = FrameSpec{}.build();
	frame[14] = 0x44; // a header of 16 bytes
	expect_reason(frame, "malformed");
	frame[14] = 0x65; // version 6 in an IPv4 frame
	expect_reason(frame, "malformed");
	frame = FrameSpec{.net = NetShape::ip6}.build();
	frame[14] = 0x40;
	expect_reason(frame, "malformed");
}

// BPF_PROG_TEST_RUN refuses 14 bytes, and an IP header cut short right after the
// Ethernet header; after any other link header it takes what it is given.
std::size_t shortest(LinkShape link, NetShape net)
{
	return link != LinkShape::ethernet ? 15 : 14 + (is_ip6(net) ? 40 : 20);
}

TEST_F(Reasons, every_cut_of_every_shape_passes_untouched)
{
	for (const LinkShape link : kLinkShapes)
		for (const NetShape net : kNetShapes) {
			const FrameSpec spec{.link = link, .net = net, .protocol = 6, .payload = 0};
			const Bytes whole = spec.build();
			const std::size_t ports = whole.size() - 16; // end of the ports
			path_.set_raw(link == LinkShape::raw);
			for (std::size_t length = shortest(link, net); length < ports; length++)
				expect_reason(Bytes(whole.begin(), whole.begin() + length),
					      "truncated");
		}
}

TEST_F(Reasons, padding_is_not_read_as_ports)
{
	FrameSpec spec{.payload = 0};
	Bytes frame = spec.build();
	frame[16] = 0;
	frame[17] = 22; // the IP header promises two bytes after itself
	expect_reason(frame, "truncated");
}

TEST_F(Reasons, seven_extension_headers_are_too_many)
{
	Bytes frame = FrameSpec{.net = NetShape::ip6, .payload = 200}.build();
	frame[20] = 60;
	for (std::size_t i = 0; i < 7; i++) {
		frame[54 + 8 * i] = i == 6 ? 17 : 60;
		frame[54 + 8 * i + 1] = 0;
	}
	expect_reason(frame, "ext_headers");
	frame[54 + 8 * 5] = 17; // the sixth is the last
	const RunResult result = path_.run(FM_INGRESS, frame);
	EXPECT_NE(result.bytes, frame);
}

TEST_F(Reasons, random_bytes_change_nothing_but_the_mark)
{
	std::uint32_t state = 12345;
	const auto random = [&] { return state = state * 1664525 + 1013904223; };
	for (int i = 0; i < 50000; i++) {
		FrameSpec spec;
		spec.link = kLinkShapes[random() >> 16 & 3];
		spec.net = kNetShapes[(random() >> 16) % 6];
		Bytes frame = spec.build();
		for (int n = 0; n < 4; n++)
			frame[12 + (random() >> 8) % 60] = static_cast<std::uint8_t>(random() >>
										     16);
		const RunResult result = path_.run(i & 1 ? FM_INGRESS : FM_EGRESS, frame);
		ASSERT_EQ(result.verdict, TC_ACT_UNSPEC);
		ASSERT_EQ(result.bytes.size(), frame.size());
		std::size_t changed = 0;
		for (std::size_t k = 0; k < frame.size(); k++)
			changed += frame[k] != result.bytes[k];
		ASSERT_LE(changed, 3U); // DSCP and, in IPv4, two bytes of checksum
	}
}

} // namespace

} // namespace flowmark::test
