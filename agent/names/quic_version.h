// SPDX-License-Identifier: Apache-2.0
// What differs between the versions of QUIC whose Initials are read: RFC 9001, RFC 9369
// and the drafts 23 to 34.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace flowmark {

constexpr std::uint32_t kQuicV1 = 1;
constexpr std::uint32_t kQuicV2 = 0x6b3343cf;
constexpr std::uint32_t kQuicDraft = 0xff000000; // | the draft's number

struct QuicVersion {
	std::uint32_t first, last; // numbers on the wire
	std::uint8_t initial;	   // type of an Initial in a long header
	std::uint8_t retry;
	std::string_view key_label, iv_label, mask_label;
	std::array<std::uint8_t, 20> salt;
};

// Null for one that is not read. What it points to lives for ever.
const QuicVersion *find_quic_version(std::uint32_t number);

} // namespace flowmark
