// SPDX-License-Identifier: Apache-2.0
// A captured frame down to the payload of its UDP datagram or TCP segment, for checks against
// captures. Ethernet with VLAN tags, BSD loopback, Linux cooked, raw IP; no tunnels, no fragments.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace flowmark {

using FrameBytes = std::span<const std::uint8_t>;

struct Segment {
	std::array<std::uint64_t, 2> src{}; // as in struct fm_punt
	std::array<std::uint64_t, 2> dst{};
	std::uint16_t sport = 0;
	std::uint16_t dport = 0;
	std::uint16_t vlan = 0;
	std::uint8_t protocol = 0;
	std::uint32_t seq = 0;
	bool cut = false; // the capture lacks bytes at the end
	FrameBytes payload;
};

// Nothing for a frame that is something else, or cut before the payload.
std::optional<Segment> parse_frame(FrameBytes frame, int link_type);

} // namespace flowmark
