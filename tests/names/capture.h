// SPDX-License-Identifier: Apache-2.0
// The UDP datagrams of a capture file, whatever link they were recorded on.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "names/quic_flow.h"

namespace flowmark::test {

using DatagramHandler = std::function<void(const QuicFlow &, std::span<const std::uint8_t>,
					   std::chrono::nanoseconds)>;

// Calls `handle` for each datagram that is not a later fragment. Why the file could not be
// read to its end, or nothing. Ethernet, VLAN, QinQ and PPPoE, raw IP, loopback, PPP and
// Linux cooked; frames of other links are passed over.
std::string read_datagrams(const std::string &path, const DatagramHandler &handle);

} // namespace flowmark::test
