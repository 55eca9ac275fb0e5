// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "replay/capture_writer.h"
#include "unit/replay/read_back.h"

namespace flowmark::test {

namespace {

Bytes without_last(Bytes bytes, std::size_t count)
{
	bytes.resize(bytes.size() - count);
	return bytes;
}

} // namespace

TEST(CaptureFile, times_lengths_and_bytes_are_those_of_the_records)
{
	PcapWriter writer(kLinkEthernet);
	writer.add(kFrame, 1500, 1'700'000'000'123'456'789).add({1, 2, 3});
	const ReadBack back = read_back(writer.bytes());
	EXPECT_EQ(back.broken, "");
	EXPECT_EQ(back.frames, (std::vector<Bytes>{kFrame, {1, 2, 3}}));
	EXPECT_EQ(back.wire, (std::vector<std::uint32_t>{1500, 3}));
	EXPECT_EQ(back.times.front(), 1'700'000'000'123'456'789);
}

TEST(CaptureFile, a_wire_length_below_what_is_there_is_not_believed)
{
	PcapWriter writer(kLinkEthernet);
	EXPECT_EQ(read_back(writer.add(kFrame, 1).bytes()).wire, std::vector<std::uint32_t>{60});
}

TEST(CaptureFile, a_record_of_no_bytes_is_a_record)
{
	PcapWriter writer(kLinkEthernet);
	const ReadBack back = read_back(writer.add({}).add(kFrame).bytes());
	EXPECT_EQ(back.broken, "");
	EXPECT_EQ(back.frames, (std::vector<Bytes>{{}, kFrame}));
}

TEST(CaptureFile, what_is_no_capture_says_so)
{
	EXPECT_NE(read_back({}).broken, "");
	EXPECT_NE(read_back({0xd4}).broken, "");
	EXPECT_NE(read_back(Bytes(1000, 'x')).broken, "");
	EXPECT_FALSE(CaptureFile::open("/nonexistent/capture"));
	EXPECT_FALSE(CaptureFile::open("/tmp"));
}

TEST(CaptureFile, a_cut_file_head_says_so)
{
	const Bytes head = PcapWriter(kLinkEthernet).bytes();
	for (std::size_t length = 1; length < head.size(); length++)
		EXPECT_NE(read_back(without_last(head, head.size() - length)).broken, "") << length;
	EXPECT_EQ(read_back(head).broken, "");
}

TEST(CaptureFile, a_cut_record_is_named_and_what_came_before_is_read)
{
	PcapWriter writer(kLinkEthernet);
	const Bytes file = writer.add(kFrame).add(kFrame).bytes();
	for (std::size_t missing = 1; missing < 16 + kFrame.size(); missing++) {
		const ReadBack back = read_back(without_last(file, missing));
		EXPECT_EQ(back.frames, std::vector<Bytes>{kFrame}) << missing;
		EXPECT_TRUE(back.broken.starts_with("record 2, byte 100: ")) << back.broken;
	}
}

TEST(CaptureFile, an_absurd_length_ends_the_reading)
{
	for (const std::uint64_t length :
	     {std::uint64_t{1} << 20, std::uint64_t{1} << 31, (std::uint64_t{1} << 32) - 1}) {
		PcapWriter writer(kLinkEthernet);
		const ReadBack back = read_back(
			writer.add(kFrame).head(length, length).add(kFrame).bytes());
		EXPECT_EQ(back.frames, std::vector<Bytes>{kFrame}) << length;
		EXPECT_TRUE(back.broken.starts_with("record 2, byte 100: ")) << back.broken;
	}
}

} // namespace flowmark::test
