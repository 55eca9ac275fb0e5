// SPDX-License-Identifier: Apache-2.0
#include "names/capture.h"

#include <pcap/pcap.h>

#include <memory>
#include <optional>

#include "names/quic_bytes.h"

namespace flowmark::test {

namespace {

using View = std::span<const std::uint8_t>;

constexpr std::uint64_t kIpv4 = 0x0800, kIpv6 = 0x86dd, kPppoe = 0x8864;
constexpr std::uint64_t kPppIpv4 = 0x21, kPppIpv6 = 0x57;
constexpr std::uint64_t kUdp = 17;

std::uint64_t of_ppp(std::uint64_t protocol)
{
	return protocol == kPppIpv4 ? kIpv4 : protocol == kPppIpv6 ? kIpv6 : 0;
}

// Reads tags and PPPoE; returns the type of what follows.
std::uint64_t read_tags(QuicBytes &at, std::uint64_t type, std::uint16_t &vlan)
{
	bool outermost = true;
	while (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
		const auto id = static_cast<std::uint16_t>(at.number(2) & 0xfff);
		vlan = outermost ? id : vlan;
		outermost = false;
		type = at.number(2);
	}
	if (type != kPppoe)
		return type;
	at.take(6);
	return of_ppp(at.number(2));
}

std::uint64_t read_link(QuicBytes &at, int link, View frame, std::uint16_t &vlan)
{
	const auto by_version = [&]() -> std::uint64_t {
		const unsigned version = at.left() > 0 ? frame[at.at()] >> 4 : 0;
		return version == 4 ? kIpv4 : version == 6 ? kIpv6 : 0;
	};
	switch (link) {
	case DLT_EN10MB:
		at.take(12);
		return read_tags(at, at.number(2), vlan);
	case DLT_LINUX_SLL:
		at.take(14);
		return read_tags(at, at.number(2), vlan);
	case DLT_LINUX_SLL2: {
		const std::uint64_t type = at.number(2);
		at.take(18);
		return read_tags(at, type, vlan);
	}
	case DLT_NULL:
	case DLT_LOOP:
		at.take(4);
		return by_version();
	case DLT_PPP: {
		// The address and control bytes may have been left out.
		const bool framed = frame.size() > 1 && frame[0] == 0xff && frame[1] == 0x03;
		at.take(framed ? 2 : 0);
		return of_ppp(at.number(2));
	}
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return by_version();
	default:
		return 0;
	}
}

std::array<std::uint64_t, 2> read_ipv6_address(QuicBytes &at)
{
	const std::uint64_t high = at.number(8);
	return {high, at.number(8)};
}

// What IP says is its payload, if that is UDP; of a frame with less than that, what is there.
std::optional<View> read_ipv4(View bytes, QuicFlow &flow)
{
	QuicBytes at(bytes);
	const std::uint64_t header = (at.number(1) & 0xf) * 4;
	at.take(1);
	const std::uint64_t total = at.number(2);
	at.take(2);
	const std::uint64_t fragment = at.number(2) & 0x1fff;
	at.take(1);
	const std::uint64_t protocol = at.number(1);
	at.take(2);
	flow.source = {0, at.number(4)};
	flow.destination = {0, at.number(4)};
	if (!at.ok() || protocol != kUdp || fragment != 0 || header < 20 || total < header ||
	    header > bytes.size())
		return {};
	return bytes.first(std::min<std::size_t>(bytes.size(), total)).subspan(header);
}

std::optional<View> read_ipv6(View bytes, QuicFlow &flow)
{
	QuicBytes at(bytes);
	at.take(4);
	const std::uint64_t length = at.number(2);
	std::uint64_t next = at.number(1);
	at.take(1);
	flow.source = read_ipv6_address(at);
	flow.destination = read_ipv6_address(at);
	while (at.ok() && (next == 0 || next == 43 || next == 60)) {
		next = at.number(1);
		at.take(at.number(1) * 8 + 6);
	}
	if (!at.ok() || next != kUdp)
		return {};
	return bytes.first(std::min<std::size_t>(bytes.size(), 40 + length)).subspan(at.at());
}

void handle_frame(View frame, int link, std::chrono::nanoseconds time,
		  const DatagramHandler &handle)
{
	QuicFlow flow;
	QuicBytes at(frame);
	const std::uint64_t type = read_link(at, link, frame, flow.vlan);
	if (!at.ok() || (type != kIpv4 && type != kIpv6))
		return;
	const View packet = frame.subspan(at.at());
	const auto segment = type == kIpv4 ? read_ipv4(packet, flow) : read_ipv6(packet, flow);
	if (!segment || segment->size() < 8)
		return;
	QuicBytes udp(*segment);
	flow.source_port = static_cast<std::uint16_t>(udp.number(2));
	flow.destination_port = static_cast<std::uint16_t>(udp.number(2));
	const std::uint64_t length = udp.number(2);
	if (length >= 8)
		handle(flow,
		       segment->first(std::min<std::size_t>(segment->size(), length)).subspan(8),
		       time);
}

} // namespace

std::string read_datagrams(const std::string &path, const DatagramHandler &handle)
{
	std::array<char, PCAP_ERRBUF_SIZE> error{};
	const std::unique_ptr<pcap_t, void (*)(pcap_t *)> capture(
		pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO,
							error.data()),
		pcap_close);
	if (!capture)
		return error.data();
	const int link = pcap_datalink(capture.get());
	pcap_pkthdr *header = nullptr;
	const u_char *bytes = nullptr;
	int got = 0;
	while ((got = pcap_next_ex(capture.get(), &header, &bytes)) == 1)
		handle_frame({bytes, header->caplen}, link,
			     std::chrono::seconds(header->ts.tv_sec) +
				     std::chrono::nanoseconds(header->ts.tv_usec),
			     handle);
	return got == PCAP_ERROR_BREAK ? "" : pcap_geterr(capture.get());
}

} // namespace flowmark::test
