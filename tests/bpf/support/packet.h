// SPDX-License-Identifier: Apache-2.0
// Frames for the tests, built header by header. Addresses, ports and lengths are
// given in host order; build() fills in lengths and checksums.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace flowmark::test {

using Bytes = std::vector<std::uint8_t>;

enum class LinkShape { ethernet, vlan, qinq, pppoe, vlan_pppoe, raw };
enum class NetShape { ip4, ip4_options, ip4_first_fragment, ip6, ip6_extensions, ip6_atomic };

inline constexpr LinkShape kLinkShapes[] = {LinkShape::ethernet,   LinkShape::vlan,
					    LinkShape::qinq,	   LinkShape::pppoe,
					    LinkShape::vlan_pppoe, LinkShape::raw};
inline constexpr NetShape kNetShapes[] = {
	NetShape::ip4, NetShape::ip4_options,	 NetShape::ip4_first_fragment,
	NetShape::ip6, NetShape::ip6_extensions, NetShape::ip6_atomic};

[[nodiscard]] bool is_ip6(NetShape shape);
[[nodiscard]] bool has_vlan(LinkShape shape);

// One end of a flow, with an address of each family as text.
struct End {
	std::string ip4, ip6;
	std::uint16_t port = 0;
};

struct FrameSpec {
	LinkShape link = LinkShape::ethernet;
	NetShape net = NetShape::ip4;
	End source{"198.51.100.7", "2001:db8:1::7", 40000};
	End dest{"203.0.113.9", "2001:db8:2::9", 443};
	std::uint8_t protocol = 17;
	std::uint8_t dscp = 0;
	std::uint8_t ecn = 0;
	std::uint16_t vlan = 7; // outer, where the link shape has one
	std::uint32_t flow_label = 0xabcde;
	std::uint8_t tcp_flags = 0x10; // ACK
	std::uint8_t icmp_type = 8;
	std::uint16_t fragment_id = 0x1234;
	bool later_fragment = false; // of the same datagram; no L4 header
	std::size_t payload = 64;

	[[nodiscard]] FrameSpec reversed() const;
	[[nodiscard]] Bytes build() const;
	// As the frame must leave: with `dscp` written, all else as it was.
	[[nodiscard]] Bytes build_marked(std::uint8_t new_dscp) const;
	[[nodiscard]] std::size_t l3_offset() const;
	[[nodiscard]] std::string describe() const;
};

} // namespace flowmark::test
