// SPDX-License-Identifier: Apache-2.0
#include "replay/pcapng_file.h"

#include <pcap/dlt.h>

#include <algorithm>

#include <fmt/format.h>

namespace flowmark {

namespace {

enum BlockType : std::uint32_t {
	kInterface = 1,
	kObsoletePacket = 2,
	kSimplePacket = 3,
	kEnhancedPacket = 6,
};

enum OptionCode : std::uint16_t { kEndOfOptions = 0, kTimeResolution = 9, kTimeOffset = 14 };

constexpr std::uint32_t kLongestPacket = 256U << 10;  // as libpcap's of pcap
constexpr std::size_t kMostInterfaces = 1U << 16;     // of a section
constexpr std::uint64_t kNanoseconds = 1'000'000'000; // of a second
constexpr unsigned kNanosecondDigits = 9;
constexpr std::uint8_t kPowerOfTwo = 0x80; // in a time resolution
// Of a second's parts: the finest resolutions that 64 bits hold; what of the binary ones can
// be multiplied by 10^9.
constexpr unsigned kMostDigits = 19, kMostBits = 63, kUsedBits = 34;

// Of the types that LinkLayer knows, files have another number for this one alone.
int dlt_of(std::uint16_t link_type)
{
	constexpr std::uint16_t kLinkTypeRaw = 101;
	return link_type == kLinkTypeRaw ? DLT_RAW : link_type;
}

std::uint64_t power_of_ten(unsigned exponent)
{
	std::uint64_t power = 1;
	while (exponent-- > 0)
		power *= 10;
	return power;
}

struct Time {
	std::uint64_t seconds;
	std::uint64_t nanoseconds;
};

Time binary_time(std::uint64_t units, unsigned bits)
{
	if (bits > kUsedBits) {
		units >>= bits - kUsedBits;
		bits = kUsedBits;
	}
	const std::uint64_t fraction = units & ((std::uint64_t{1} << bits) - 1);
	return {units >> bits, fraction * kNanoseconds >> bits};
}

Time decimal_time(std::uint64_t units, unsigned digits)
{
	const std::uint64_t second = power_of_ten(digits), fraction = units % second;
	return {units / second, digits <= kNanosecondDigits
					? fraction * power_of_ten(kNanosecondDigits - digits)
					: fraction / power_of_ten(digits - kNanosecondDigits)};
}

Error too_short(const char *block)
{
	return Error{fmt::format("the {} block is too short for what it has to hold", block)};
}

// Padding and options may follow the packet.
Result<void> fill(BlockCursor data, std::uint32_t captured, std::uint32_t wire,
		  CaptureRecord &record)
{
	const std::size_t longest = std::min<std::size_t>(data.left(), kLongestPacket);
	if (captured > longest)
		return Error{fmt::format("found a packet of {} bytes, expected at most {}",
					 captured, longest)};
	record.bytes = data.take(captured);
	record.wire_bytes = std::max(wire, captured);
	return {};
}

} // namespace

Result<void> PcapngFile::Interface::read_option(std::uint16_t code, BlockCursor value)
{
	if (code == kTimeResolution) {
		const auto byte = value.take(1);
		if (!value.ok() || value.left() > 0)
			return Error{"a time resolution is not of 1 byte"};
		resolution = byte.front();
		const unsigned exponent = resolution & ~kPowerOfTwo;
		if (exponent > ((resolution & kPowerOfTwo) != 0 ? kMostBits : kMostDigits))
			return Error{
				fmt::format("the time resolution {:#04x} is too fine", resolution)};
	} else if (code == kTimeOffset) {
		offset_s = value.u64();
		if (!value.ok() || value.left() > 0)
			return Error{"a time offset is not of 8 bytes"};
	}
	return {};
}

// They may end without an end of options.
Result<void> PcapngFile::Interface::read_options(BlockCursor &cursor)
{
	while (cursor.left() > 0) {
		const std::uint16_t code = cursor.u16(), length = cursor.u16();
		if (code == kEndOfOptions)
			break;
		const BlockCursor value = cursor.part(length);
		cursor.take((4U - length % 4U) % 4U);
		if (!cursor.ok())
			return Error{fmt::format("option {} of {} bytes goes on beyond its block",
						 code, length)};
		if (auto read = read_option(code, value); !read)
			return read;
	}
	return {};
}

// An absurd time comes out as another one.
std::uint64_t PcapngFile::Interface::nanoseconds(std::uint64_t units) const
{
	const unsigned exponent = resolution & ~kPowerOfTwo;
	const Time time = (resolution & kPowerOfTwo) != 0 ? binary_time(units, exponent)
							  : decimal_time(units, exponent);
	return (time.seconds + offset_s) * kNanoseconds + time.nanoseconds;
}

Result<std::unique_ptr<CaptureFormat>> PcapngFile::open(InputFile file)
{
	std::unique_ptr<PcapngFile> capture(new PcapngFile(std::move(file)));
	Block block;
	auto first = capture->blocks_.next(block);
	if (!first)
		return first.error();
	if (!*first)
		return Error{"the file is empty"};
	if (auto begun = capture->begin_section(block.cursor()); !begun)
		return begun.error();
	return std::unique_ptr<CaptureFormat>(std::move(capture));
}

Result<bool> PcapngFile::next(CaptureRecord &record)
{
	for (;;) {
		Block block;
		auto read = blocks_.next(block);
		if (!read || !*read)
			return read;
		auto taken = take(block, record);
		if (!taken || *taken)
			return taken;
	}
}

Result<bool> PcapngFile::take(const Block &block, CaptureRecord &record)
{
	BlockCursor cursor = block.cursor();
	Result<void> done;
	switch (block.type) {
	case kSectionHeader:
		done = begin_section(cursor);
		break;
	case kInterface:
		done = add_interface(cursor);
		break;
	case kEnhancedPacket: {
		const std::uint32_t number = cursor.u32();
		done = read_packet(cursor, number, record);
		break;
	}
	case kObsoletePacket: {
		const std::uint16_t number = cursor.u16();
		cursor.u16(); // drops
		done = read_packet(cursor, number, record);
		break;
	}
	case kSimplePacket:
		done = read_simple(cursor, record);
		break;
	default:
		return false;
	}
	if (!done)
		return done.error();
	return block.type != kSectionHeader && block.type != kInterface;
}

// The length of the section is not needed, and its options say nothing of the packets.
Result<void> PcapngFile::begin_section(BlockCursor cursor)
{
	cursor.u32(); // byte order
	const std::uint16_t major = cursor.u16(), minor = cursor.u16();
	cursor.u64(); // length
	if (!cursor.ok())
		return too_short("section header");
	if (major != 1)
		return Error{fmt::format("found version {}.{}, expected 1", major, minor)};
	interfaces_.clear();
	return {};
}

Result<void> PcapngFile::add_interface(BlockCursor cursor)
{
	Interface added;
	added.link_type = dlt_of(cursor.u16());
	cursor.u16(); // reserved
	added.snapshot_bytes = cursor.u32();
	if (!cursor.ok())
		return too_short("interface");
	if (interfaces_.size() == kMostInterfaces)
		return Error{fmt::format("found more than {} interfaces", kMostInterfaces)};
	if (auto read = added.read_options(cursor); !read)
		return read;
	interfaces_.push_back(added);
	return {};
}

Result<const PcapngFile::Interface *> PcapngFile::interface(std::uint32_t number) const
{
	if (number >= interfaces_.size())
		return Error{fmt::format("found a packet of interface {}, of which there are {}",
					 number, interfaces_.size())};
	return &interfaces_[number];
}

Result<void> PcapngFile::read_packet(BlockCursor cursor, std::uint32_t number,
				     CaptureRecord &record)
{
	const std::uint64_t high = cursor.u32(), units = high << 32 | cursor.u32();
	const std::uint32_t captured = cursor.u32(), wire = cursor.u32();
	if (!cursor.ok())
		return too_short("packet");
	const auto from = interface(number);
	if (!from)
		return from.error();
	record.link_type = (*from)->link_type;
	record.time_ns = time_ns_ = (*from)->nanoseconds(units);
	return fill(cursor, captured, wire, record);
}

// It is of the first interface, as long as that one's snapshot length lets it be, and has no
// time: that of the packet before it is the closest.
Result<void> PcapngFile::read_simple(BlockCursor cursor, CaptureRecord &record)
{
	const std::uint32_t wire = cursor.u32();
	if (!cursor.ok())
		return too_short("packet");
	const auto from = interface(0);
	if (!from)
		return from.error();
	const std::uint32_t limit = (*from)->snapshot_bytes;
	record.link_type = (*from)->link_type;
	record.time_ns = time_ns_;
	return fill(cursor, limit == 0 ? wire : std::min(wire, limit), wire, record);
}

} // namespace flowmark
