// SPDX-License-Identifier: Apache-2.0
#include "canary/frame.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

namespace flowmark {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kEcnEct0 = 2;
constexpr std::uint8_t kHopLimit = 64;
constexpr std::size_t kIp4Header = 20, kTcpHeader = 20, kShortHeader = 8, kPayload = 26;
constexpr std::uint8_t kIcmpUnreachable = 3, kIcmp6Unreachable = 1, kTcpAck = 0x10;

void put16(Bytes &out, std::uint64_t value)
{
	out.push_back(static_cast<std::uint8_t>(value >> 8));
	out.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes &out, std::uint64_t value)
{
	put16(out, value >> 16);
	put16(out, value);
}

void put64(Bytes &out, std::uint64_t value)
{
	put32(out, value >> 32);
	put32(out, value);
}

void put_link(Bytes &out, const PlainPacket &packet)
{
	// Of documentation (RFC 9542).
	for (const unsigned last : {1U, 2U}) {
		put32(out, 0x00005e00);
		put16(out, 0x5300 | last);
	}
	if (packet.vlan != 0) {
		put16(out, ETH_P_8021Q);
		put16(out, packet.vlan);
	}
	put16(out, packet.family == 4 ? ETH_P_IP : ETH_P_IPV6);
}

std::size_t transport_bytes(const PlainPacket &packet)
{
	return (packet.protocol == IPPROTO_TCP ? kTcpHeader : kShortHeader) + kPayload;
}

std::uint16_t checksum_of(const std::uint8_t *header)
{
	std::uint32_t sum = 0;
	for (std::size_t i = 0; i < kIp4Header; i += 2)
		sum += static_cast<std::uint32_t>(header[i] << 8 | header[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<std::uint16_t>(~sum);
}

void put_ip4(Bytes &out, const PlainPacket &packet, std::uint8_t dscp)
{
	const std::size_t start = out.size();
	out.push_back(0x45);
	out.push_back(static_cast<std::uint8_t>(dscp << 2 | kEcnEct0));
	put16(out, kIp4Header + transport_bytes(packet));
	put32(out, 0x4000); // no id, do not fragment
	out.push_back(kHopLimit);
	out.push_back(packet.protocol);
	put16(out, 0);
	put32(out, packet.source[1]);
	put32(out, packet.dest[1]);
	const std::uint16_t sum = checksum_of(&out[start]);
	out[start + 10] = static_cast<std::uint8_t>(sum >> 8);
	out[start + 11] = static_cast<std::uint8_t>(sum);
}

void put_ip6(Bytes &out, const PlainPacket &packet, std::uint8_t dscp)
{
	put32(out, 6U << 28 | static_cast<std::uint32_t>(dscp << 2 | kEcnEct0) << 20);
	put16(out, transport_bytes(packet));
	out.push_back(packet.protocol);
	out.push_back(kHopLimit);
	for (const std::uint64_t word :
	     {packet.source[0], packet.source[1], packet.dest[0], packet.dest[1]})
		put64(out, word);
}

void put_transport(Bytes &out, const PlainPacket &packet)
{
	if (packet.has_ports) {
		put16(out, packet.source_port);
		put16(out, packet.dest_port);
	}
	if (packet.protocol == IPPROTO_TCP) {
		put64(out, 0); // sequence and acknowledgment
		put16(out, 0x5000 | kTcpAck);
		out.resize(out.size() + 6); // window, checksum, urgent
	} else if (packet.protocol == IPPROTO_UDP) {
		put32(out, (kShortHeader + kPayload) << 16); // length, no checksum
	} else {
		out.push_back(packet.family == 4 ? kIcmpUnreachable : kIcmp6Unreachable);
		out.resize(out.size() + kShortHeader - 1);
	}
	out.resize(out.size() + kPayload);
}

} // namespace

std::vector<std::uint8_t> build_frame(const PlainPacket &packet, std::uint8_t dscp)
{
	Bytes out;
	put_link(out, packet);
	if (packet.family == 4)
		put_ip4(out, packet, dscp);
	else
		put_ip6(out, packet, dscp);
	put_transport(out, packet);
	return out;
}

} // namespace flowmark
