// SPDX-License-Identifier: Apache-2.0
#include "replay/link_layer.h"

#include <linux/if_ether.h>
#include <pcap/pcap.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace flowmark {

namespace {

constexpr std::size_t kCookedHeader = 16, kCookedProtocol = 14; // LINKTYPE_LINUX_SLL
constexpr std::size_t kCooked2Header = 20, kCooked2Protocol = 0;
constexpr std::size_t kFamilyHeader = 4;
constexpr std::uint8_t kPppAddress = 0xff, kPppControl = 0x03;
constexpr std::uint16_t kPppIp4 = 0x0021, kPppIp6 = 0x0057;

std::uint16_t word_at(ByteView bytes, std::size_t at)
{
	return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// By the version, as the packet path does it.
LinkPayload strip_nothing(ByteView record)
{
	if (record.empty())
		return {};
	const int version = record.front() >> 4;
	return {static_cast<std::uint16_t>(version == 4	  ? ETH_P_IP
					   : version == 6 ? ETH_P_IPV6
							  : 0),
		record};
}

LinkPayload strip_header(ByteView record, std::size_t length, std::size_t protocol)
{
	if (record.size() < length)
		return {};
	return {word_at(record, protocol), record.subspan(length)};
}

LinkPayload strip_cooked(ByteView record)
{
	return strip_header(record, kCookedHeader, kCookedProtocol);
}

LinkPayload strip_cooked2(ByteView record)
{
	return strip_header(record, kCooked2Header, kCooked2Protocol);
}

// A PF_* of the capturing system, of which each has its own for IPv6, in that
// machine's byte order (DLT_LOOP: the network's). All are below 256: the one byte
// of the four that is not 0.
LinkPayload strip_family(ByteView record)
{
	constexpr std::array<unsigned, 4> kIp6{10, 24, 28, 30};
	if (record.size() < kFamilyHeader)
		return {};
	const unsigned family = record[0] | record[3];
	const bool known = (record[1] | record[2]) == 0 && (record[0] == 0 || record[3] == 0);
	const ByteView bytes = record.subspan(kFamilyHeader);
	if (known && family == 2)
		return {ETH_P_IP, bytes};
	if (known && std::find(kIp6.begin(), kIp6.end(), family) != kIp6.end())
		return {ETH_P_IPV6, bytes};
	return {0, bytes};
}

// Address and control may be left out, and of a small protocol number the upper
// byte, which is even where it is there (RFC 1661).
LinkPayload strip_ppp(ByteView record)
{
	if (record.size() >= 2 && record[0] == kPppAddress && record[1] == kPppControl)
		record = record.subspan(2);
	if (record.empty())
		return {};
	const bool is_short = (record[0] & 1) != 0;
	if (!is_short && record.size() < 2)
		return {};
	const std::uint16_t protocol = is_short ? record[0] : word_at(record, 0);
	const ByteView bytes = record.subspan(is_short ? 1 : 2);
	return {static_cast<std::uint16_t>(protocol == kPppIp4	 ? ETH_P_IP
					   : protocol == kPppIp6 ? ETH_P_IPV6
								 : 0),
		bytes};
}

struct KnownLink {
	int type;
	LinkPayload (*strip)(ByteView);
};

constexpr KnownLink kKnownLinks[] = {
	{DLT_EN10MB, nullptr},	       {DLT_RAW, strip_nothing},
	{DLT_IPV4, strip_nothing},     {DLT_IPV6, strip_nothing},
	{DLT_NULL, strip_family},      {DLT_LOOP, strip_family},
	{DLT_PPP, strip_ppp},	       {DLT_PPP_SERIAL, strip_ppp},
	{DLT_LINUX_SLL, strip_cooked}, {DLT_LINUX_SLL2, strip_cooked2},
};

std::string name_of(int link_type)
{
	const char *const name = pcap_datalink_val_to_name(link_type);
	return name != nullptr ? fmt::format("{} ({})", name, link_type)
			       : fmt::to_string(link_type);
}

} // namespace

Result<LinkLayer> LinkLayer::of(int link_type)
{
	for (const KnownLink &known : kKnownLinks)
		if (known.type == link_type)
			return LinkLayer(known.strip);
	return Error{
		fmt::format("found link type {}, expected Ethernet, raw IP, null, loop, PPP or "
			    "Linux cooked",
			    name_of(link_type))};
}

Frame LinkLayer::frame(ByteView record)
{
	if (strip_ == nullptr)
		return {record, false};
	const LinkPayload payload = strip_(record);
	if (payload.ethertype == ETH_P_IP || payload.ethertype == ETH_P_IPV6)
		return {payload.bytes, true};
	return payload.bytes.empty() ? Frame{} : as_ethernet(payload);
}

Frame LinkLayer::as_ethernet(const LinkPayload &payload)
{
	made_.assign(ETH_HLEN, 0);
	made_[ETH_HLEN - 2] = static_cast<std::uint8_t>(payload.ethertype >> 8);
	made_[ETH_HLEN - 1] = static_cast<std::uint8_t>(payload.ethertype);
	made_.insert(made_.end(), payload.bytes.begin(), payload.bytes.end());
	return {made_, false};
}

} // namespace flowmark
