// SPDX-License-Identifier: Apache-2.0
// From what a capture holds of a packet to the frame that the packet path meets:
// Ethernet as it is; where the capture has another header, or none, the IP packet
// alone, as a device without link header hands it over.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace flowmark {

using ByteView = std::span<const std::uint8_t>;

struct Frame {
	ByteView bytes;	     // valid until the next frame is made
	bool raw_ip = false; // begins with the IP header
};

// A packet behind its link header.
struct LinkPayload {
	std::uint16_t ethertype = 0; // 0: something that has none
	ByteView bytes;
};

class LinkLayer {
      public:
	// `link_type` is a DLT_* of libpcap. The error names one that is not known.
	static Result<LinkLayer> of(int link_type);

	// What is inside and not IP (a VLAN tag, ARP) gets an Ethernet header. A record
	// that ends within its link header becomes an empty frame.
	[[nodiscard]] Frame frame(ByteView record);

      private:
	using Strip = LinkPayload (*)(ByteView record);

	explicit LinkLayer(Strip strip) : strip_(strip) {}
	[[nodiscard]] Frame as_ethernet(const LinkPayload &payload);

	Strip strip_; // null: Ethernet
	std::vector<std::uint8_t> made_;
};

} // namespace flowmark
