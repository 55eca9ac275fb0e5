// SPDX-License-Identifier: Apache-2.0
#include "names/quic_frames.h"

#include "names/quic_bytes.h"

namespace flowmark {

namespace {

enum FrameType : std::uint64_t {
	kPadding = 0x00,
	kPing = 0x01,
	kAck = 0x02,
	kAckWithEcn = 0x03,
	kCrypto = 0x06,
	kConnectionClose = 0x1c,
};

void skip_ack(QuicBytes &at, bool with_ecn)
{
	at.varint(); // largest acknowledged
	at.varint(); // delay
	const std::uint64_t ranges = at.varint();
	at.varint(); // the first range
	for (std::uint64_t i = 0; i < ranges && at.ok(); i++) {
		at.varint(); // gap
		at.varint(); // length
	}
	for (int i = 0; with_ecn && i < 3; i++)
		at.varint(); // ECT(0), ECT(1), CE
}

void skip_connection_close(QuicBytes &at)
{
	at.varint(); // error
	at.varint(); // type of the frame that led to it
	at.take(at.varint());
}

} // namespace

bool read_quic_frames(std::span<const std::uint8_t> payload, CryptoBuffer &crypto)
{
	QuicBytes at(payload);
	while (at.ok() && at.left() > 0) {
		switch (at.varint()) {
		case kPadding: // most of a hello's last packet
			at.skip_zeros();
			break;
		case kPing:
			break;
		case kAck:
			skip_ack(at, false);
			break;
		case kAckWithEcn:
			skip_ack(at, true);
			break;
		case kCrypto: {
			const std::uint64_t offset = at.varint();
			const auto bytes = at.take(at.varint());
			crypto.put(offset, bytes);
			break;
		}
		case kConnectionClose:
			skip_connection_close(at);
			break;
		default:
			return false;
		}
	}
	return at.ok();
}

} // namespace flowmark
