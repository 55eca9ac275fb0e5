// SPDX-License-Identifier: Apache-2.0
// One direction of a UDP flow, from the client to the server, as a key.
#pragma once

#include <array>
#include <cstdint>

namespace flowmark {

struct QuicFlow {
	// As struct fm_punt has them: IPv4 in [1], and [0] is 0.
	std::array<std::uint64_t, 2> source{}, destination{};
	std::uint16_t source_port = 0, destination_port = 0;
	std::uint16_t vlan = 0;

	bool operator==(const QuicFlow &) const = default;
};

// A secret that makes hashes of flows unforeseeable.
using FlowSeed = std::array<std::uint64_t, 2>;

// SipHash-1-3: who chooses the flows cannot choose their buckets.
std::uint64_t hash_of(const QuicFlow &flow, const FlowSeed &seed);

} // namespace flowmark
