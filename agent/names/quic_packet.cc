// SPDX-License-Identifier: Apache-2.0
#include "names/quic_packet.h"

#include "names/quic_bytes.h"

namespace flowmark {

namespace {

constexpr std::uint8_t kLongHeader = 0x80;
constexpr std::size_t kLongestNumber = 4, kSample = 16;

// Google's QUIC up to Q043 has a header of its own: flags, eight bytes of connection ID if
// 0x08 is set, and the version as text if 0x01 is.
bool is_google_quic(std::span<const std::uint8_t> bytes)
{
	QuicBytes at(bytes);
	const std::uint64_t flags = at.number(1);
	if ((flags & 1) == 0)
		return false;
	at.take(flags & 8);
	return at.number(1) == 'Q' && at.number(1) == '0';
}

} // namespace

std::variant<QuicPacket, QuicReason> read_quic_packet(std::span<const std::uint8_t> bytes)
{
	QuicBytes at(bytes);
	const std::uint64_t first = at.number(1);
	// The next bit, "fixed" in RFC 9000, is not looked at: RFC 9287 lets clients clear it.
	if ((first & kLongHeader) == 0)
		return is_google_quic(bytes) ? QuicReason::version : QuicReason::not_quic;

	QuicPacket packet;
	packet.number = static_cast<std::uint32_t>(at.number(4));
	if (!at.ok())
		return QuicReason::truncated;
	packet.version = find_quic_version(packet.number);
	if (packet.version == nullptr)
		return QuicReason::version;
	const std::uint64_t destination_length = at.number(1);
	packet.destination = at.take(destination_length);
	const std::uint64_t source_length = at.number(1);
	at.take(source_length);
	if (destination_length > kMaxConnectionId || source_length > kMaxConnectionId)
		return QuicReason::not_quic;

	const auto type = first >> 4 & 3;
	packet.initial = type == packet.version->initial;
	packet.bytes = bytes;
	if (type == packet.version->retry) // has no length; nothing can follow it
		return at.ok() ? std::variant<QuicPacket, QuicReason>(packet)
			       : QuicReason::truncated;
	if (packet.initial)
		at.take(at.varint()); // the token
	const std::uint64_t length = at.varint();
	packet.packet_number_at = at.at();
	at.take(length);
	if (!at.ok() || (packet.initial && length < kLongestNumber + kSample))
		return QuicReason::truncated;
	packet.bytes = bytes.first(at.at());
	return packet;
}

} // namespace flowmark
