// SPDX-License-Identifier: Apache-2.0
#include "replay/packet_reader.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include <cstring>
#include <string_view>

#include <flowmark/dscp.h>

#include "explain/flow_facts.h"

namespace flowmark {

namespace {

constexpr std::uint16_t kPppoeSession = 0x8864, kPppIp4 = 0x0021, kPppIp6 = 0x0057;
constexpr std::uint8_t kPppoeVersion = 0x11;
constexpr std::uint16_t kVlanId = 0x0fff;
constexpr std::size_t kIp4Header = 20, kIp6Header = 40, kPorts = 4, kTcpHeader = 20;
constexpr std::size_t kMaxL4 = 0xfff; // where the packet path stops to look
constexpr unsigned kFin = 1, kSyn = 2, kReset = 4, kAck = 16;
constexpr std::uint8_t kMobility = 135, kHip = 139, kShim6 = 140;

// A frame's bytes, with reads that know where it ends.
class Reader {
      public:
	explicit Reader(ByteView bytes) : bytes_(bytes) {}

	[[nodiscard]] bool holds(std::size_t at, std::size_t length) const
	{
		return at + length <= bytes_.size();
	}
	[[nodiscard]] const std::uint8_t *at(std::size_t at) const { return bytes_.data() + at; }
	[[nodiscard]] std::uint8_t byte(std::size_t at) const { return bytes_[at]; }
	[[nodiscard]] std::uint16_t word(std::size_t at) const
	{
		return static_cast<std::uint16_t>(bytes_[at] << 8 | bytes_[at + 1]);
	}
	[[nodiscard]] std::uint32_t dword(std::size_t at) const
	{
		return static_cast<std::uint32_t>(word(at)) << 16 | word(at + 2);
	}
	[[nodiscard]] std::uint64_t qword(std::size_t at) const
	{
		return static_cast<std::uint64_t>(dword(at)) << 32 | dword(at + 4);
	}
	[[nodiscard]] std::size_t size() const { return bytes_.size(); }

      private:
	ByteView bytes_;
};

struct Packet {
	PacketFacts facts;
	std::uint64_t src[2]{}, dst[2]{};
	std::uint16_t sport = 0, dport = 0;
	std::uint16_t ethertype = 0;
	std::size_t l4 = 0;
	std::size_t end = 0; // of what the IP header promises, or of the frame
	std::uint32_t fragment_id = 0;
	std::uint8_t fragment_protocol = 0;
	bool first_fragment = false, later_fragment = false;
};

bool is_vlan(std::uint16_t ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

// The outermost tag names the VLAN.
bool skip_tags(const Reader &frame, Packet &packet)
{
	for (int tags = 0; is_vlan(packet.ethertype); tags++) {
		if (tags == FM_MAX_VLAN_TAGS || !frame.holds(packet.facts.l3, 4))
			return false;
		if (tags == 0)
			packet.facts.key.vlan = frame.word(packet.facts.l3) & kVlanId;
		packet.ethertype = frame.word(packet.facts.l3 + 2);
		packet.facts.l3 += 4;
	}
	return true;
}

bool skip_pppoe(const Reader &frame, Packet &packet)
{
	constexpr std::size_t kHeader = 8; // with PPP's protocol
	const std::size_t at = packet.facts.l3;
	if (packet.ethertype != kPppoeSession)
		return true;
	if (!frame.holds(at, kHeader) || frame.byte(at) != kPppoeVersion || frame.byte(at + 1) != 0)
		return false;
	const std::uint16_t protocol = frame.word(at + kHeader - 2);
	packet.ethertype = static_cast<std::uint16_t>(protocol == kPppIp4   ? ETH_P_IP
						      : protocol == kPppIp6 ? ETH_P_IPV6
									    : 0);
	packet.facts.l3 += kHeader;
	return true;
}

bool find_ip(const Reader &frame, bool raw_ip, Packet &packet)
{
	if (raw_ip) {
		if (!frame.holds(0, 1))
			return false;
		packet.ethertype = frame.byte(0) >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
		return true;
	}
	if (!frame.holds(0, ETH_HLEN))
		return false;
	packet.ethertype = frame.word(ETH_HLEN - 2);
	packet.facts.l3 = ETH_HLEN;
	return skip_tags(frame, packet) && skip_pppoe(frame, packet);
}

// 0 in a length is BIG TCP: everything there.
void set_end(const Reader &frame, std::size_t promised, Packet &packet)
{
	const std::size_t end = packet.facts.l3 + promised;
	packet.end = promised == 0 || end > frame.size() ? frame.size() : end;
}

bool read_ip4(const Reader &frame, Packet &packet)
{
	const std::size_t ip = packet.facts.l3;
	if (!frame.holds(ip, kIp4Header) || frame.byte(ip) >> 4 != 4 || (frame.byte(ip) & 15) < 5)
		return false;
	packet.facts.key.family = 4;
	packet.facts.key.protocol = frame.byte(ip + 9);
	packet.facts.dscp = fm_dscp_get4(frame.at(ip));
	packet.src[1] = frame.dword(ip + 12);
	packet.dst[1] = frame.dword(ip + 16);
	packet.l4 = ip + std::size_t{frame.byte(ip) & 15U} * 4;
	set_end(frame, frame.word(ip + 2), packet);
	const std::uint16_t fragment = frame.word(ip + 6);
	packet.later_fragment = (fragment & 0x1fff) != 0;
	packet.first_fragment = !packet.later_fragment && (fragment & 0x2000) != 0;
	packet.fragment_id = frame.word(ip + 4);
	packet.fragment_protocol = packet.facts.key.protocol;
	return true;
}

bool is_extension(std::uint8_t header)
{
	return header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING ||
	       header == IPPROTO_DSTOPTS || header == IPPROTO_FRAGMENT || header == IPPROTO_AH ||
	       header == kMobility || header == kHip || header == kShim6;
}

// An atomic fragment (RFC 6946) is none.
void read_fragment6(const Reader &frame, Packet &packet)
{
	const std::uint16_t offset = frame.word(packet.l4 + 2);
	packet.later_fragment = (offset & 0xfff8) != 0;
	packet.first_fragment = !packet.later_fragment && (offset & 1) != 0;
	if (!packet.later_fragment && !packet.first_fragment)
		return;
	packet.fragment_id = frame.dword(packet.l4 + 4);
	packet.fragment_protocol = frame.byte(packet.l4);
}

bool skip_extensions(const Reader &frame, Packet &packet)
{
	std::uint8_t &protocol = packet.facts.key.protocol;
	for (int count = 0; !packet.later_fragment && is_extension(protocol); count++) {
		if (count == FM_MAX_EXT_HEADERS || !frame.holds(packet.l4, 8))
			return false;
		const std::size_t units = frame.byte(packet.l4 + 1);
		std::size_t length = (units + 1) * 8;
		if (protocol == IPPROTO_FRAGMENT) {
			read_fragment6(frame, packet);
			length = 8;
		} else if (protocol == IPPROTO_AH) {
			length = (units + 2) * 4;
		}
		protocol = frame.byte(packet.l4);
		packet.l4 += length;
		if (packet.l4 > kMaxL4)
			return false;
	}
	return true;
}

bool read_ip6(const Reader &frame, Packet &packet)
{
	const std::size_t ip = packet.facts.l3;
	if (!frame.holds(ip, kIp6Header) || frame.byte(ip) >> 4 != 6)
		return false;
	packet.facts.key.family = 6;
	packet.facts.key.protocol = frame.byte(ip + 6);
	packet.facts.dscp = fm_dscp_get6(frame.at(ip));
	packet.src[0] = frame.qword(ip + 8);
	packet.src[1] = frame.qword(ip + 16);
	packet.dst[0] = frame.qword(ip + 24);
	packet.dst[1] = frame.qword(ip + 32);
	packet.l4 = ip + kIp6Header;
	const std::size_t payload = frame.word(ip + 4);
	set_end(frame, payload == 0 ? 0 : kIp6Header + payload, packet);
	return skip_extensions(frame, packet);
}

bool read_ports(const Reader &frame, Packet &packet)
{
	if (!protocol_has_ports(packet.facts.key.protocol))
		return true;
	if (packet.l4 + kPorts > packet.end)
		return false;
	packet.sport = frame.word(packet.l4);
	packet.dport = frame.word(packet.l4 + 2);
	packet.facts.has_ports = true;
	return true;
}

void read_tcp(const Reader &frame, Packet &packet)
{
	if (packet.l4 + kTcpHeader > packet.end)
		return;
	const unsigned flags = frame.byte(packet.l4 + 13);
	const std::size_t header = static_cast<std::size_t>(frame.byte(packet.l4 + 12) >> 4) * 4;
	packet.facts.uses = (flags & (kFin | kReset)) != 0 || packet.l4 + header < packet.end;
	if ((flags & (kSyn | kReset)) != kSyn)
		return;
	packet.facts.source_shows = (flags & kAck) != 0 ? Shown::responder : Shown::initiator;
	if ((flags & kAck) == 0)
		packet.facts.isn = frame.dword(packet.l4 + 4);
}

void read_echo(const Reader &frame, std::uint8_t request, std::uint8_t reply, Packet &packet)
{
	if (packet.l4 >= packet.end)
		return;
	const std::uint8_t type = frame.byte(packet.l4);
	if (type == request)
		packet.facts.source_shows = Shown::initiator;
	else if (type == reply)
		packet.facts.source_shows = Shown::responder;
}

void read_roles(const Reader &frame, Packet &packet)
{
	const fm_flow_key &key = packet.facts.key;
	if (key.protocol == IPPROTO_TCP)
		read_tcp(frame, packet);
	else if (key.protocol == IPPROTO_ICMP && key.family == 4)
		read_echo(frame, 8, 0, packet);
	else if (key.protocol == IPPROTO_ICMPV6 && key.family == 6)
		read_echo(frame, 128, 129, packet);
}

// The end with the lower port, on equal ports the lower address.
bool source_is_low(const Packet &packet)
{
	if (packet.sport != packet.dport)
		return packet.sport < packet.dport;
	if (packet.src[0] != packet.dst[0])
		return packet.src[0] < packet.dst[0];
	return packet.src[1] < packet.dst[1];
}

void order_ends(Packet &packet)
{
	fm_flow_key &key = packet.facts.key;
	const bool low = packet.facts.source_is_low = source_is_low(packet);
	for (int i = 0; i < 2; i++) {
		key.low_addr[i] = low ? packet.src[i] : packet.dst[i];
		key.high_addr[i] = low ? packet.dst[i] : packet.src[i];
	}
	key.low_port = low ? packet.sport : packet.dport;
	key.high_port = low ? packet.dport : packet.sport;
}

fm_frag_key fragment_key(const Packet &packet)
{
	fm_frag_key key{};
	std::memcpy(key.src, packet.src, sizeof(key.src));
	std::memcpy(key.dst, packet.dst, sizeof(key.dst));
	key.id = packet.fragment_id;
	key.vlan = packet.facts.key.vlan;
	key.protocol = packet.fragment_protocol;
	key.family = packet.facts.key.family;
	return key;
}

fm_frag fragment_of(const Packet &packet)
{
	return {packet.sport, packet.dport, packet.facts.key.protocol,
		static_cast<std::uint8_t>(packet.facts.has_ports), 0};
}

void recall_ports(const fm_frag &fragment, Packet &packet)
{
	packet.sport = fragment.sport;
	packet.dport = fragment.dport;
	packet.facts.key.protocol = fragment.protocol;
	packet.facts.has_ports = fragment.has_ports != 0;
}

template <typename Key>
std::string_view bytes_of(const Key &key)
{
	return {reinterpret_cast<const char *>(&key), sizeof(key)};
}

bool read_ip(const Reader &frame, Packet &packet)
{
	if (packet.ethertype == ETH_P_IP)
		return read_ip4(frame, packet);
	return packet.ethertype == ETH_P_IPV6 && read_ip6(frame, packet);
}

} // namespace

std::size_t PacketReader::FragmentHash::operator()(const fm_frag_key &key) const
{
	return std::hash<std::string_view>()(bytes_of(key));
}

bool PacketReader::FragmentEqual::operator()(const fm_frag_key &a, const fm_frag_key &b) const
{
	return bytes_of(a) == bytes_of(b);
}

std::size_t FlowKeyHash::operator()(const fm_flow_key &key) const
{
	return std::hash<std::string_view>()(bytes_of(key));
}

bool FlowKeyEqual::operator()(const fm_flow_key &a, const fm_flow_key &b) const
{
	return bytes_of(a) == bytes_of(b);
}

std::optional<PacketFacts> PacketReader::read(const Frame &frame)
{
	const Reader reader(frame.bytes);
	Packet packet;
	if (!find_ip(reader, frame.raw_ip, packet) || !read_ip(reader, packet))
		return std::nullopt;
	if (packet.later_fragment) {
		const auto first = fragments_.find(fragment_key(packet));
		if (first == fragments_.end())
			return std::nullopt;
		recall_ports(first->second, packet);
	} else {
		if (!read_ports(reader, packet))
			return std::nullopt;
		if (packet.first_fragment)
			fragments_[fragment_key(packet)] = fragment_of(packet);
		read_roles(reader, packet);
	}
	order_ends(packet);
	return packet.facts;
}

} // namespace flowmark
