// SPDX-License-Identifier: Apache-2.0
#include "names/frame.h"

#include <algorithm>

#include <netinet/in.h>

namespace flowmark {

namespace {

// LINKTYPE_ numbers of the pcap format, and the DLT_ that libpcap makes of raw IP here.
enum LinkType { kNull = 0, kEthernet = 1, kRawDlt = 12, kRaw = 101, kCooked = 113, kIpv4 = 228 };

std::uint16_t read16(FrameBytes bytes, std::size_t at)
{
	return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::uint64_t read_big(FrameBytes bytes, std::size_t at, std::size_t size)
{
	std::uint64_t value = 0;
	for (const std::uint8_t byte : bytes.subspan(at, size))
		value = value << 8 | byte;
	return value;
}

// The IP packet. Which version it is says its first byte.
FrameBytes skip_ethernet(FrameBytes frame, Segment &out)
{
	std::size_t at = 12;
	while (frame.size() >= at + 6 &&
	       (read16(frame, at) == 0x8100 || read16(frame, at) == 0x88a8)) {
		out.vlan = out.vlan ? out.vlan : read16(frame, at + 2) & 0xfff;
		at += 4;
	}
	if (frame.size() < at + 2 || (read16(frame, at) != 0x0800 && read16(frame, at) != 0x86dd))
		return {};
	return frame.subspan(at + 2);
}

FrameBytes skip_link(FrameBytes frame, int link_type, Segment &out)
{
	const auto skip = [&](std::size_t count) {
		return frame.subspan(std::min(count, frame.size()));
	};
	switch (link_type) {
	case kEthernet:
		return skip_ethernet(frame, out);
	case kNull:
		return skip(4);
	case kCooked:
		return skip(16);
	case kRaw:
	case kRawDlt:
	case kIpv4:
		return frame;
	default:
		return {};
	}
}

// Takes what the header says the packet has; notes if the capture has less.
FrameBytes trim(FrameBytes packet, std::size_t length, Segment &out)
{
	out.cut = packet.size() < length;
	return packet.first(std::min(packet.size(), length));
}

FrameBytes skip_ip4(FrameBytes packet, Segment &out)
{
	const std::size_t header = (packet[0] & 0xf) * 4u;
	if (packet.size() < 20 || header < 20 || (read16(packet, 6) & 0x3fff) != 0)
		return {};
	const std::size_t total = read16(packet, 2);
	packet = trim(packet, total ? total : packet.size(), out);
	out.protocol = packet[9];
	out.src[1] = read_big(packet, 12, 4);
	out.dst[1] = read_big(packet, 16, 4);
	return packet.subspan(std::min(header, packet.size()));
}

FrameBytes skip_ip6(FrameBytes packet, Segment &out)
{
	if (packet.size() < 40)
		return {};
	packet = trim(packet, 40u + read16(packet, 4), out);
	out.protocol = packet[6];
	for (std::size_t i = 0; i < 2; i++) {
		out.src.at(i) = read_big(packet, 8 + 8 * i, 8);
		out.dst.at(i) = read_big(packet, 24 + 8 * i, 8);
	}
	packet = packet.subspan(40);
	if (out.protocol == IPPROTO_HOPOPTS && packet.size() >= 8) {
		out.protocol = packet[0];
		packet = packet.subspan(std::min<std::size_t>(packet.size(), (packet[1] + 1u) * 8));
	}
	return packet;
}

bool skip_transport(FrameBytes packet, Segment &out)
{
	if (packet.size() < 8)
		return false;
	out.sport = read16(packet, 0);
	out.dport = read16(packet, 2);
	std::size_t header = 8;
	if (out.protocol == IPPROTO_TCP) {
		if (packet.size() < 20)
			return false;
		out.seq = static_cast<std::uint32_t>(read_big(packet, 4, 4));
		header = (packet[12] >> 4) * 4u;
	} else if (out.protocol != IPPROTO_UDP) {
		return false;
	}
	if (packet.size() < header)
		return false;
	out.payload = packet.subspan(header);
	return true;
}

} // namespace

std::optional<Segment> parse_frame(FrameBytes frame, int link_type)
{
	Segment segment;
	FrameBytes packet = skip_link(frame, link_type, segment);
	if (packet.empty())
		return std::nullopt;
	const int version = packet[0] >> 4;
	if (version != 4 && version != 6)
		return std::nullopt;
	packet = version == 4 ? skip_ip4(packet, segment) : skip_ip6(packet, segment);
	return skip_transport(packet, segment) ? std::optional(segment) : std::nullopt;
}

} // namespace flowmark
