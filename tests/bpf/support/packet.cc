// SPDX-License-Identifier: Apache-2.0
#include "support/packet.h"

#include <arpa/inet.h>

#include <stdexcept>

#include <fmt/format.h>

namespace flowmark::test {

namespace {

constexpr std::uint16_t kIp4 = 0x0800, kIp6 = 0x86dd, kVlan = 0x8100, kQinq = 0x88a8,
			kPppoe = 0x8864;
constexpr std::uint8_t kHopByHop = 0, kTcp = 6, kUdp = 17, kRouting = 43, kFragment = 44, kIcmp = 1,
		       kDstOpts = 60, kIcmp6 = 58, kSctp = 132, kDccp = 33, kUdplite = 136;

constexpr std::uint8_t kOptions[] = {0x94, 4, 0, 0, 1, 1, 1, 0}; // router alert, NOPs

void put16(Bytes &out, unsigned value)
{
	out.push_back(static_cast<std::uint8_t>(value >> 8));
	out.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes &out, std::uint32_t value)
{
	put16(out, value >> 16);
	put16(out, value & 0xffff);
}

void put_zeros(Bytes &out, std::size_t count)
{
	out.insert(out.end(), count, 0);
}

void set16(Bytes &out, std::size_t at, std::size_t value)
{
	out[at] = static_cast<std::uint8_t>(value >> 8);
	out[at + 1] = static_cast<std::uint8_t>(value);
}

void put_address(Bytes &out, int family, const std::string &text)
{
	std::uint8_t bytes[16];
	if (inet_pton(family, text.c_str(), bytes) != 1)
		throw std::invalid_argument("not an address: " + text);
	out.insert(out.end(), bytes, bytes + (family == AF_INET ? 4 : 16));
}

std::uint16_t checksum(const Bytes &bytes, std::size_t from, std::size_t length)
{
	std::uint32_t sum = 0;
	for (std::size_t i = 0; i < length; i += 2)
		sum += static_cast<std::uint32_t>(bytes[from + i]) << 8 | bytes[from + i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<std::uint16_t>(~sum);
}

bool has_ports(std::uint8_t protocol)
{
	return protocol == kTcp || protocol == kUdp || protocol == kSctp || protocol == kDccp ||
	       protocol == kUdplite;
}

void put_link(Bytes &out, const FrameSpec &spec)
{
	const std::uint16_t ip = is_ip6(spec.net) ? kIp6 : kIp4;
	const bool pppoe = spec.link == LinkShape::pppoe || spec.link == LinkShape::vlan_pppoe;
	if (spec.link == LinkShape::raw)
		return;
	out = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	if (has_vlan(spec.link)) {
		put16(out, spec.link == LinkShape::qinq ? kQinq : kVlan);
		put16(out, 3U << 13 | spec.vlan); // priority bits are not part of the id
	}
	if (spec.link == LinkShape::qinq) {
		put16(out, kVlan);
		put16(out, 99);
	}
	put16(out, pppoe ? kPppoe : ip);
	if (pppoe) {
		put16(out, 0x1100);
		put16(out, 0x0042);
		put16(out, 0); // length: not looked at
		put16(out, ip == kIp4 ? 0x0021 : 0x0057);
	}
}

void put_ip4(Bytes &out, const FrameSpec &spec)
{
	const bool options = spec.net == NetShape::ip4_options;
	const bool first = spec.net == NetShape::ip4_first_fragment && !spec.later_fragment;
	out.push_back(options ? 0x47 : 0x45);
	out.push_back(static_cast<std::uint8_t>(spec.dscp << 2 | spec.ecn));
	put16(out, 0);
	put16(out, spec.fragment_id);
	put16(out, spec.later_fragment ? 185 : first ? 0x2000 : 0x4000);
	out.push_back(64);
	out.push_back(spec.protocol);
	put16(out, 0);
	put_address(out, AF_INET, spec.source.ip4);
	put_address(out, AF_INET, spec.dest.ip4);
	if (options)
		out.insert(out.end(), kOptions, kOptions + sizeof(kOptions));
}

// Hop-by-hop, routing and destination options, 8, 24 and 16 bytes long.
void put_extensions(Bytes &out, std::uint8_t protocol)
{
	const struct {
		std::uint8_t next, length;
	} headers[] = {{kRouting, 0}, {kDstOpts, 2}, {protocol, 1}};
	for (const auto &header : headers) {
		out.push_back(header.next);
		out.push_back(header.length);
		put_zeros(out, 6 + 8U * header.length);
	}
}

void put_fragment6(Bytes &out, const FrameSpec &spec)
{
	out.push_back(spec.protocol);
	out.push_back(0);
	put16(out, spec.later_fragment ? 185 << 3 : 0);
	put32(out, spec.fragment_id);
}

void put_ip6(Bytes &out, const FrameSpec &spec)
{
	const bool fragment = spec.net == NetShape::ip6_atomic;
	const bool extensions = spec.net == NetShape::ip6_extensions;
	put32(out, 6U << 28 | static_cast<std::uint32_t>(spec.dscp << 2 | spec.ecn) << 20 |
			   spec.flow_label);
	put16(out, 0);
	out.push_back(fragment ? kFragment : extensions ? kHopByHop : spec.protocol);
	out.push_back(64);
	put_address(out, AF_INET6, spec.source.ip6);
	put_address(out, AF_INET6, spec.dest.ip6);
	if (extensions)
		put_extensions(out, spec.protocol);
	if (fragment)
		put_fragment6(out, spec);
}

void put_transport(Bytes &out, const FrameSpec &spec)
{
	if (spec.later_fragment)
		return;
	if (has_ports(spec.protocol)) {
		put16(out, spec.source.port);
		put16(out, spec.dest.port);
	} else if (spec.protocol == kIcmp || spec.protocol == kIcmp6) {
		out.push_back(spec.icmp_type);
		put_zeros(out, 7);
	}
	if (spec.protocol == kTcp) {
		put_zeros(out, 8);
		out.push_back(0x50);
		out.push_back(spec.tcp_flags);
		put_zeros(out, 6);
	}
	if (spec.protocol == kUdp || spec.protocol == kUdplite) {
		put16(out, static_cast<unsigned>(8 + spec.payload));
		put16(out, 0);
	}
}

} // namespace

bool is_ip6(NetShape shape)
{
	return shape == NetShape::ip6 || shape == NetShape::ip6_extensions ||
	       shape == NetShape::ip6_atomic;
}

bool has_vlan(LinkShape shape)
{
	return shape == LinkShape::vlan || shape == LinkShape::qinq ||
	       shape == LinkShape::vlan_pppoe;
}

FrameSpec FrameSpec::reversed() const
{
	FrameSpec spec = *this;
	std::swap(spec.source, spec.dest);
	return spec;
}

std::size_t FrameSpec::l3_offset() const
{
	Bytes out;
	put_link(out, *this);
	return out.size();
}

Bytes FrameSpec::build() const
{
	Bytes out;
	put_link(out, *this);
	const std::size_t l3 = out.size();
	is_ip6(net) ? put_ip6(out, *this) : put_ip4(out, *this);
	put_transport(out, *this);
	put_zeros(out, payload);
	if (is_ip6(net)) {
		set16(out, l3 + 4, out.size() - l3 - 40);
		return out;
	}
	set16(out, l3 + 2, out.size() - l3);
	set16(out, l3 + 10, checksum(out, l3, (out[l3] & 15U) * 4U));
	return out;
}

Bytes FrameSpec::build_marked(std::uint8_t new_dscp) const
{
	FrameSpec spec = *this;
	spec.dscp = new_dscp;
	return spec.build();
}

std::string FrameSpec::describe() const
{
	return fmt::format("link {} net {} protocol {} {}:{} -> {}:{} dscp {} ecn {} vlan {}{}",
			   static_cast<int>(link), static_cast<int>(net), protocol, source.ip4,
			   source.port, dest.ip4, dest.port, dscp, ecn, vlan,
			   later_fragment ? " later fragment" : "");
}

} // namespace flowmark::test
