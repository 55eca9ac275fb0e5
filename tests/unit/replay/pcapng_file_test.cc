// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <pcap/dlt.h>

#include <functional>

#include "replay/capture_writer.h"
#include "unit/replay/read_back.h"

namespace flowmark::test {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint16_t kTimeResolution = 9, kTimeOffset = 14;
constexpr std::uint32_t kStatistics = 5;
const Bytes kOther{1, 2, 3};

// Of the one packet of an interface that says `options`.
std::uint64_t time_of(std::uint64_t units, const std::vector<Option> &options)
{
	const ReadBack back = read_back(
		PcapngWriter().interface(kLinkEthernet, 0, options).add(0, kFrame, units).bytes());
	EXPECT_EQ(back.broken, "");
	return back.times.empty() ? 0 : back.times.front();
}

std::string broken_by(const std::function<void(PcapngWriter &)> &what)
{
	PcapngWriter writer;
	what(writer.interface(kLinkEthernet).add(0, kFrame));
	const ReadBack back = read_back(writer.bytes());
	EXPECT_EQ(back.frames, std::vector<Bytes>{kFrame});
	EXPECT_TRUE(back.broken.starts_with("record 2, byte 140: ")) << back.broken;
	return back.broken.substr(std::min<std::size_t>(back.broken.size(), 20));
}

std::string broken_by_option(std::uint16_t code, const Bytes &value)
{
	return broken_by([&](PcapngWriter &writer) {
		writer.interface(kLinkEthernet, 0, {{code, value}}).add(0, kFrame);
	});
}

// Sections of both orders, every kind of packet, and blocks that are skipped.
Bytes everything()
{
	PcapngWriter writer;
	writer.interface(kLinkEthernet).interface(kLinkCooked).add(0, kFrame).add(1, kOther);
	writer.block(kStatistics, Bytes(20, 0xff)).add_simple(kFrame, 60);
	writer.other_section().interface(kLinkRaw).add_obsolete(0, kOther).add(0, {});
	return writer.bytes();
}

} // namespace

TEST(PcapngFile, both_byte_orders_are_read)
{
	for (const bool big_endian : {false, true}) {
		const ReadBack back = read_back(PcapngWriter(big_endian)
							.interface(kLinkEthernet)
							.add(0, kFrame, 5'000'000'000'000'001)
							.add(0, kOther)
							.bytes());
		EXPECT_EQ(back.broken, "");
		EXPECT_EQ(back.frames, (std::vector<Bytes>{kFrame, kOther}));
		EXPECT_EQ(back.wire, (std::vector<std::uint32_t>{60, 3}));
		EXPECT_EQ(back.times.front(), 5'000'000'000 * kSecond + 1000);
	}
}

TEST(PcapngFile, each_packet_has_the_link_type_of_its_interface)
{
	const ReadBack back = read_back(PcapngWriter()
						.interface(kLinkEthernet, 96)
						.interface(kLinkCooked, 128)
						.add(1, kOther)
						.add(0, kFrame)
						.interface(kLinkRadio, 0)
						.add(2, kOther)
						.bytes());
	EXPECT_EQ(back.broken, "");
	EXPECT_EQ(back.frames, (std::vector<Bytes>{kOther, kFrame, kOther}));
	EXPECT_EQ(back.links, (std::vector<int>{DLT_LINUX_SLL, DLT_EN10MB, DLT_IEEE802_11_RADIO}));
}

TEST(PcapngFile, link_types_are_those_that_libpcap_makes_of_pcap)
{
	for (const std::uint16_t type : {kLinkNull, kLinkEthernet, kLinkPpp, kLinkRaw, kLinkLoop,
					 kLinkCooked, kLinkRadio, kLinkIp4, kLinkCooked2}) {
		const ReadBack pcap = read_back(PcapWriter(type).add(kFrame).bytes());
		const ReadBack back = read_back(
			PcapngWriter().interface(type).add(0, kFrame).bytes());
		EXPECT_EQ(back.links, pcap.links) << type;
		EXPECT_EQ(back.links.size(), 1U);
	}
}

TEST(PcapngFile, a_section_has_its_own_order_and_interfaces)
{
	const ReadBack back = read_back(PcapngWriter()
						.interface(kLinkEthernet)
						.add(0, kFrame)
						.other_section()
						.interface(kLinkRaw)
						.add(0, kOther)
						.other_section()
						.add(0, kOther)
						.bytes());
	EXPECT_EQ(back.frames, (std::vector<Bytes>{kFrame, kOther}));
	EXPECT_EQ(back.links, (std::vector<int>{DLT_EN10MB, DLT_RAW}));
	EXPECT_NE(back.broken.find("found a packet of interface 0, of which there are 0"),
		  std::string::npos)
		<< back.broken;
}

TEST(PcapngFile, every_kind_of_packet_is_a_record)
{
	const ReadBack back = read_back(everything());
	EXPECT_EQ(back.broken, "");
	EXPECT_EQ(back.frames, (std::vector<Bytes>{kFrame, kOther, kFrame, kOther, {}}));
	EXPECT_EQ(back.links,
		  (std::vector<int>{DLT_EN10MB, DLT_LINUX_SLL, DLT_EN10MB, DLT_RAW, DLT_RAW}));
}

TEST(PcapngFile, a_simple_packet_ends_at_the_snapshot_length_and_has_the_time_of_the_last_one)
{
	const ReadBack back = read_back(PcapngWriter()
						.interface(kLinkEthernet, 60)
						.add(0, kOther, 7'000'000)
						.add_simple(kFrame, 1500)
						.add_simple(kOther, 3)
						.bytes());
	EXPECT_EQ(back.broken, "");
	EXPECT_EQ(back.frames, (std::vector<Bytes>{kOther, kFrame, kOther}));
	EXPECT_EQ(back.wire, (std::vector<std::uint32_t>{3, 1500, 3}));
	EXPECT_EQ(back.times, std::vector<std::uint64_t>(3, 7 * kSecond));
}

TEST(PcapngFile, a_wire_length_below_what_is_there_is_not_believed)
{
	PcapngWriter writer;
	writer.interface(kLinkEthernet).add_lengths(60, 1, kFrame).add_lengths(60, 1500, kFrame);
	EXPECT_EQ(read_back(writer.bytes()).wire, (std::vector<std::uint32_t>{60, 1500}));
}

TEST(PcapngFile, times_are_in_the_units_of_the_interface)
{
	const auto resolution = [](std::uint8_t value) {
		return std::vector<Option>{{2, {'e', 't', 'h', '0', '1'}},
					   {kTimeResolution, {value}}};
	};
	EXPECT_EQ(time_of(1'500'000, {}), 1'500'000'000);
	EXPECT_EQ(time_of(3, resolution(0)), 3 * kSecond);
	EXPECT_EQ(time_of(1'234, resolution(3)), 1'234'000'000);
	EXPECT_EQ(time_of(1'700'000'000'123'456'789, resolution(9)), 1'700'000'000'123'456'789);
	EXPECT_EQ(time_of(1'000'000'001'999, resolution(12)), 1'000'000'001);
	EXPECT_EQ(time_of(10'000'000'000'000'000'000U, resolution(19)), kSecond);
	EXPECT_EQ(time_of(3, resolution(0x80)), 3 * kSecond);
	EXPECT_EQ(time_of(3, resolution(0x81)), 1'500'000'000);
	EXPECT_EQ(time_of(3 * 1024 + 512, resolution(0x8a)), 3'500'000'000);
	EXPECT_EQ(time_of((std::uint64_t{3} << 33) + 1, resolution(0x80 + 34)), 1'500'000'000);
	EXPECT_EQ(time_of(std::uint64_t{3} << 62, resolution(0x80 + 63)), 1'500'000'000);
}

TEST(PcapngFile, a_time_offset_moves_either_way)
{
	const PcapngWriter writer;
	EXPECT_EQ(time_of(500'000, {{kTimeOffset, writer.value(1'700'000'000, 8)}}),
		  1'700'000'000 * kSecond + kSecond / 2);
	EXPECT_EQ(time_of(10'500'000, {{kTimeOffset, writer.value(~0ULL, 8)}}),
		  9 * kSecond + kSecond / 2);
}

TEST(PcapngFile, what_follows_the_end_of_options_is_not_looked_at)
{
	EXPECT_EQ(time_of(1, {{kTimeResolution, {0}}, {0, {}}, {kTimeResolution, {99}}}), kSecond);
}

TEST(PcapngFile, options_that_cannot_be_are_named)
{
	const std::string early = broken_by([](PcapngWriter &writer) {
		writer.block(1, {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 9, 0, 1, 2, 3, 4});
	});
	EXPECT_EQ(early, "option 2 of 9 bytes goes on beyond its block");
	EXPECT_EQ(broken_by_option(kTimeResolution, {20}), "the time resolution 0x14 is too fine");
	EXPECT_EQ(broken_by_option(kTimeResolution, {0x80 + 64}),
		  "the time resolution 0xc0 is too fine");
	EXPECT_EQ(broken_by_option(kTimeResolution, {}), "a time resolution is not of 1 byte");
	EXPECT_EQ(broken_by_option(kTimeResolution, {6, 6}), "a time resolution is not of 1 byte");
	EXPECT_EQ(broken_by_option(kTimeOffset, {1, 2, 3, 4}), "a time offset is not of 8 bytes");
	EXPECT_EQ(broken_by_option(kTimeOffset, Bytes(9)), "a time offset is not of 8 bytes");
}

TEST(PcapngFile, lengths_of_blocks_that_cannot_be_are_named)
{
	for (const std::uint64_t length :
	     {0ULL, 8ULL, 11ULL, 13ULL, (16ULL << 20) + 4, 1ULL << 31, (1ULL << 32) - 4}) {
		const std::string found = broken_by([&](PcapngWriter &writer) {
			writer.raw(kStatistics, length, Bytes(40), length).add(0, kFrame);
		});
		EXPECT_EQ(found, fmt::format("found a block of {} bytes, expected a multiple of 4 "
					     "from 12 to 16777216",
					     length));
	}
	EXPECT_EQ(broken_by([](PcapngWriter &writer) { writer.raw(5, 52, Bytes(40), 48); }),
		  "found a block of 52 bytes that ends as one of 48");
	EXPECT_EQ(broken_by([](PcapngWriter &writer) { writer.raw(5, 16U << 20, Bytes(40), 0); }),
		  "the file ends within a block, 16777164 bytes early");
}

TEST(PcapngFile, lengths_of_packets_that_cannot_be_are_named)
{
	for (const std::uint32_t length : {61U, 0x7fffffffU, 0xffffffffU})
		EXPECT_EQ(broken_by([&](PcapngWriter &writer) {
				  writer.add_lengths(length, length, kFrame);
			  }),
			  fmt::format("found a packet of {} bytes, expected at most 60", length));
	EXPECT_EQ(broken_by([](PcapngWriter &writer) { writer.add(0, Bytes(262145)); }),
		  "found a packet of 262145 bytes, expected at most 262144");
	EXPECT_EQ(broken_by([](PcapngWriter &writer) { writer.add_simple(kFrame, 61); }),
		  "found a packet of 61 bytes, expected at most 60");
	EXPECT_EQ(
		read_back(PcapngWriter().interface(kLinkEthernet).add(0, Bytes(262144, 5)).bytes())
			.frames,
		std::vector<Bytes>{Bytes(262144, 5)});
}

TEST(PcapngFile, blocks_too_short_for_what_they_hold_are_named)
{
	const struct {
		std::uint32_t type;
		std::size_t least;
		std::string name;
	} cases[] = {{1, 8, "interface"}, {2, 20, "packet"}, {3, 4, "packet"}, {6, 20, "packet"}};
	for (const auto &each : cases)
		for (std::size_t length = 0; length < each.least; length += 4)
			EXPECT_EQ(broken_by([&](PcapngWriter &writer) {
					  writer.block(each.type, Bytes(length));
				  }),
				  "the " + each.name +
					  " block is too short for what it has to hold");
	EXPECT_EQ(broken_by([](PcapngWriter &writer) {
			  writer.block(0x0a0d0d0a, {0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0});
		  }),
		  "the section header block is too short for what it has to hold");
}

TEST(PcapngFile, a_packet_of_an_interface_that_is_not_there_is_named)
{
	const auto found = [](std::uint32_t number) {
		return fmt::format("found a packet of interface {}, of which there are 1", number);
	};
	for (const std::uint32_t number : {1U, 0xffffffffU})
		EXPECT_EQ(broken_by([&](PcapngWriter &writer) { writer.add(number, kFrame); }),
			  found(number));
	EXPECT_EQ(broken_by([](PcapngWriter &writer) { writer.add_obsolete(65535, kFrame); }),
		  found(65535));
	EXPECT_NE(read_back(PcapngWriter().add_simple(kFrame, 60).bytes())
			  .broken.find("interface 0, of which there are 0"),
		  std::string::npos);
}

TEST(PcapngFile, another_version_or_byte_order_is_named)
{
	EXPECT_EQ(broken_by([](PcapngWriter &writer) { writer.section(2); }),
		  "found version 2.0, expected 1");
	EXPECT_EQ(broken_by([](PcapngWriter &writer) { writer.block(0x0a0d0d0a, Bytes(16)); }),
		  "found 0x00000000, expected the byte order of a section header");
	EXPECT_EQ(read_back(Bytes(1000, '\n')).broken,
		  "found no section header, which a pcapng file begins with");
}

TEST(PcapngFile, more_interfaces_than_are_kept_are_named)
{
	PcapngWriter writer;
	for (unsigned i = 0; i < 65536; i++)
		writer.interface(kLinkEthernet);
	EXPECT_EQ(read_back(writer.add(65535, kFrame).bytes()).broken, "");
	EXPECT_NE(read_back(writer.interface(kLinkEthernet).bytes())
			  .broken.find("more than 65536 interfaces"),
		  std::string::npos);
}

TEST(PcapngFile, of_every_beginning_of_a_file_the_whole_records_are_read)
{
	const Bytes file = everything();
	const ReadBack whole = read_back(file);
	std::size_t records = 0, unbroken = 0;
	for (std::size_t length = 1; length <= file.size(); length++) {
		const ReadBack back = read_back(
			{file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length)});
		ASSERT_GE(back.frames.size(), records) << length;
		ASSERT_LE(back.frames.size(), whole.frames.size()) << length;
		records = back.frames.size();
		for (std::size_t i = 0; i < records; i++)
			ASSERT_EQ(back.frames[i], whole.frames[i]) << length;
		unbroken += back.broken.empty();
	}
	EXPECT_EQ(records, 5U);
	EXPECT_EQ(unbroken, 11U); // after each block
}

} // namespace flowmark::test
