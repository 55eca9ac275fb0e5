// SPDX-License-Identifier: Apache-2.0
// One packet with a long header, where the datagram shows it: RFC 9000, 17.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "names/quic_reasons.h"
#include "names/quic_version.h"

namespace flowmark {

constexpr std::size_t kMaxConnectionId = 20;

// All of it points into the datagram.
struct QuicPacket {
	std::uint32_t number = 0; // of the version
	const QuicVersion *version = nullptr;
	bool initial = false;
	std::span<const std::uint8_t> destination; // connection ID
	std::span<const std::uint8_t> bytes;	   // from the header to the packet's end
	std::size_t packet_number_at = 0;	   // in `bytes`; of an Initial
};

// The packet at the start of `bytes`, or why it is not read. An Initial has at least the
// bytes that header protection takes its sample from.
std::variant<QuicPacket, QuicReason> read_quic_packet(std::span<const std::uint8_t> bytes);

} // namespace flowmark
