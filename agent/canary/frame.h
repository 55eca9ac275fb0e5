// SPDX-License-Identifier: Apache-2.0
// A plain packet as an Ethernet frame.
#pragma once

#include <cstdint>
#include <vector>

#include "canary/plain_scan.h"

namespace flowmark {

// With a tag where the packet has a VLAN, `dscp` in the IP header, ECT(0) beside it, the IPv4
// checksum worked out from nothing, and a few bytes of payload. TCP is an ACK, ICMP says
// "unreachable": neither shows who opened the flow.
// REQUIRES: TCP, UDP, or ICMP of the packet's family.
std::vector<std::uint8_t> build_frame(const PlainPacket &packet, std::uint8_t dscp);

} // namespace flowmark
