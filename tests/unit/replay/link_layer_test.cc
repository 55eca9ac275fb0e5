// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include "replay/capture_writer.h"
#include "replay/link_layer.h"

namespace flowmark::test {

namespace {

const Bytes kIp4{0x45, 0, 0, 20, 1, 2, 3, 4};
const Bytes kIp6{0x60, 0, 0, 0, 1, 2, 3, 4};
const std::uint8_t kFamiliesOfIp6[] = {10, 24, 28, 30}; // Linux, NetBSD, FreeBSD, Darwin
const Bytes kTaggedIp4{0, 7, 8, 0, 0x45, 0, 0, 20};

Bytes operator+(Bytes head, const Bytes &tail)
{
	head.insert(head.end(), tail.begin(), tail.end());
	return head;
}

Bytes cooked(std::uint8_t high, std::uint8_t low)
{
	return Bytes(14, 9) + Bytes{high, low};
}

Bytes cooked2(std::uint8_t high, std::uint8_t low)
{
	return Bytes{high, low} + Bytes(18, 9);
}

struct Made {
	Bytes bytes;
	bool raw_ip;

	bool operator==(const Made &) const = default;
};

Made made(int link_type, const Bytes &record)
{
	auto link = LinkLayer::of(link_type);
	EXPECT_TRUE(link) << link_type;
	const Frame frame = link->frame(record);
	return {Bytes(frame.bytes.begin(), frame.bytes.end()), frame.raw_ip};
}

Made ethernet(std::uint8_t high, std::uint8_t low, const Bytes &payload)
{
	return {Bytes(12, 0) + Bytes{high, low} + payload, false};
}

} // namespace

TEST(LinkLayer, ethernet_stays_as_it_is)
{
	const Bytes frame(60, 3);
	EXPECT_EQ(made(DLT_EN10MB, frame), (Made{frame, false}));
	EXPECT_EQ(made(DLT_EN10MB, {}), (Made{{}, false}));
}

TEST(LinkLayer, raw_ip_stays_as_it_is)
{
	for (const int type : {DLT_RAW, DLT_IPV4, DLT_IPV6}) {
		EXPECT_EQ(made(type, kIp4), (Made{kIp4, true}));
		EXPECT_EQ(made(type, kIp6), (Made{kIp6, true}));
	}
}

TEST(LinkLayer, a_family_is_read_in_either_byte_order)
{
	for (const int type : {DLT_NULL, DLT_LOOP}) {
		EXPECT_EQ(made(type, Bytes{2, 0, 0, 0} + kIp4), (Made{kIp4, true}));
		EXPECT_EQ(made(type, Bytes{0, 0, 0, 2} + kIp4), (Made{kIp4, true}));
		for (const std::uint8_t family : kFamiliesOfIp6) {
			EXPECT_EQ(made(type, Bytes{family, 0, 0, 0} + kIp6), (Made{kIp6, true}));
			EXPECT_EQ(made(type, Bytes{0, 0, 0, family} + kIp6), (Made{kIp6, true}));
		}
		EXPECT_EQ(made(type, Bytes{7, 0, 0, 0} + kIp4), ethernet(0, 0, kIp4));
		EXPECT_EQ(made(type, Bytes{2, 1, 0, 0} + kIp4), ethernet(0, 0, kIp4));
		EXPECT_EQ(made(type, Bytes{2, 0, 0, 2} + kIp4), ethernet(0, 0, kIp4));
	}
}

TEST(LinkLayer, ppp_may_leave_out_address_and_half_the_protocol)
{
	for (const int type : {DLT_PPP, DLT_PPP_SERIAL}) {
		EXPECT_EQ(made(type, Bytes{0xff, 3, 0, 0x21} + kIp4), (Made{kIp4, true}));
		EXPECT_EQ(made(type, Bytes{0, 0x21} + kIp4), (Made{kIp4, true}));
		EXPECT_EQ(made(type, Bytes{0x21} + kIp4), (Made{kIp4, true}));
		EXPECT_EQ(made(type, Bytes{0xff, 3, 0, 0x57} + kIp6), (Made{kIp6, true}));
		EXPECT_EQ(made(type, Bytes{0xc0, 0x21, 1, 2}), ethernet(0, 0, {1, 2}));
	}
}

TEST(LinkLayer, cooked_frames_keep_their_tags)
{
	EXPECT_EQ(made(DLT_LINUX_SLL, cooked(8, 0) + kIp4), (Made{kIp4, true}));
	EXPECT_EQ(made(DLT_LINUX_SLL, cooked(0x86, 0xdd) + kIp6), (Made{kIp6, true}));
	EXPECT_EQ(made(DLT_LINUX_SLL, cooked(0x81, 0) + kTaggedIp4), ethernet(0x81, 0, kTaggedIp4));
	EXPECT_EQ(made(DLT_LINUX_SLL, cooked(8, 6) + Bytes{1}), ethernet(8, 6, {1}));
	EXPECT_EQ(made(DLT_LINUX_SLL2, cooked2(8, 0) + kIp4), (Made{kIp4, true}));
	EXPECT_EQ(made(DLT_LINUX_SLL2, cooked2(0x81, 0) + kTaggedIp4),
		  ethernet(0x81, 0, kTaggedIp4));
}

TEST(LinkLayer, a_record_that_ends_within_its_header_is_an_empty_frame)
{
	const struct {
		int type;
		Bytes header;
	} cases[] = {
		{DLT_RAW, {}},
		{DLT_NULL, {2, 0, 0, 0}},
		{DLT_PPP, {0xff, 3, 0, 0x21}},
		{DLT_LINUX_SLL, cooked(8, 0)},
		{DLT_LINUX_SLL2, cooked2(8, 0)},
	};
	for (const auto &each : cases)
		for (std::size_t length = 0; length <= each.header.size(); length++) {
			const Bytes record(each.header.begin(),
					   each.header.begin() + static_cast<long>(length));
			EXPECT_TRUE(made(each.type, record).bytes.empty()) << length;
		}
}

TEST(LinkLayer, an_unknown_type_is_named)
{
	const auto radio = LinkLayer::of(DLT_IEEE802_11_RADIO);
	ASSERT_FALSE(radio);
	EXPECT_EQ(radio.error().message,
		  "found link type IEEE802_11_RADIO (127), expected Ethernet, raw IP, null, loop, "
		  "PPP or Linux cooked");
	EXPECT_FALSE(LinkLayer::of(54321));
}

} // namespace flowmark::test
