// SPDX-License-Identifier: Apache-2.0
#include "names/quic_reader.h"

#include <sys/random.h>

#include <algorithm>
#include <utility>

#include "names/client_hello.h"
#include "names/quic_frames.h"

namespace flowmark {

namespace {

constexpr std::size_t kLongestDatagram = 65535;

QuicOutcome failed(QuicReason reason)
{
	QuicOutcome outcome;
	outcome.kind = QuicOutcome::Kind::failed;
	outcome.reason = reason;
	return outcome;
}

bool same_id(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other)
{
	return std::equal(one.begin(), one.end(), other.begin(), other.end());
}

QuicOutcome read_stream(QuicStream &stream, std::span<const std::uint8_t> payload)
{
	CryptoBuffer &crypto = *stream.crypto;
	const std::size_t known = crypto.prefix().size();
	if (!read_quic_frames(payload, crypto))
		return failed(QuicReason::frames);
	if (crypto.prefix().size() == known)
		return {};
	ClientHello hello = read_client_hello(crypto.prefix());
	QuicOutcome outcome;
	switch (hello.state) {
	case HelloState::need_more:
		return crypto.full() ? failed(QuicReason::limit) : outcome;
	case HelloState::malformed:
		return failed(QuicReason::tls);
	case HelloState::no_name:
		outcome.kind = QuicOutcome::Kind::no_name;
		break;
	case HelloState::name:
		outcome.kind = QuicOutcome::Kind::name;
		outcome.name = std::move(hello.name);
		break;
	}
	outcome.ech = hello.ech;
	return outcome;
}

} // namespace

Result<QuicReader> QuicReader::open(const QuicLimits &limits)
{
	FlowSeed seed{};
	if (getrandom(seed.data(), sizeof(seed), 0) != static_cast<ssize_t>(sizeof(seed)))
		return Error{"cannot get random bytes"};
	auto cipher = QuicCipher::open();
	if (!cipher)
		return cipher.error();
	return QuicReader(std::move(*cipher), limits, seed);
}

QuicReader::QuicReader(QuicCipher cipher, const QuicLimits &limits, const FlowSeed &seed)
	: cipher_(std::move(cipher)), table_(limits, seed)
{}

std::uint64_t QuicReader::failures(QuicReason reason) const
{
	switch (reason) {
	case QuicReason::table_full:
		return table_.evicted();
	case QuicReason::expired:
		return table_.expired();
	default:
		return failures_.at(static_cast<std::size_t>(reason));
	}
}

QuicOutcome QuicReader::feed(const QuicFlow &flow, std::span<const std::uint8_t> datagram,
			     std::chrono::nanoseconds now)
{
	table_.expire(now);
	QuicOutcome outcome = datagram.size() > kLongestDatagram
				      ? failed(QuicReason::not_quic)
				      : read_datagram(flow, datagram, now);
	if (outcome.kind == QuicOutcome::Kind::failed)
		failures_.at(static_cast<std::size_t>(outcome.reason))++;
	return outcome;
}

// The packets of one datagram have one connection ID (RFC 9000, 12.2). That, and the end at
// the first that fails, bounds how often keys are made for a datagram full of small packets.
QuicOutcome QuicReader::read_datagram(const QuicFlow &flow, std::span<const std::uint8_t> datagram,
				      std::chrono::nanoseconds now)
{
	std::optional<QuicPacket> first;
	while (!datagram.empty()) {
		const auto read = read_quic_packet(datagram);
		const auto *packet = std::get_if<QuicPacket>(&read);
		if (packet == nullptr) // behind a whole packet there may be anything
			return first ? QuicOutcome{} : failed(std::get<QuicReason>(read));
		if (first && !same_id(first->destination, packet->destination))
			return {};
		if (packet->initial) {
			QuicOutcome outcome = read_initial(flow, *packet, now);
			if (outcome.kind != QuicOutcome::Kind::nothing)
				return outcome;
		}
		first = *packet;
		datagram = datagram.subspan(packet->bytes.size());
	}
	return first ? QuicOutcome{} : failed(QuicReason::not_quic);
}

QuicOutcome QuicReader::read_initial(const QuicFlow &flow, const QuicPacket &packet,
				     std::chrono::nanoseconds now)
{
	const auto [stream, payload] = unprotect(flow, packet, now);
	if (stream == nullptr)
		return failed(QuicReason::decrypt);
	table_.touch(*stream, now);
	if (stream->done)
		return {};
	QuicOutcome outcome = read_stream(*stream, payload);
	if (outcome.kind != QuicOutcome::Kind::nothing)
		table_.finish(*stream);
	return outcome;
}

// The keys that are known come first: once the server has answered, a client sends to the
// connection ID that the server chose, and the keys stay those of the ID before. Only after
// a Retry, and in a connection that starts anew, they follow from the packet's own.
QuicReader::Opened QuicReader::unprotect(const QuicFlow &flow, const QuicPacket &packet,
					 std::chrono::nanoseconds now)
{
	bool own_keys_known = false;
	for (QuicStream *known : table_.find(flow)) {
		if (known == nullptr)
			break;
		if (const Plain plain = unprotect_known(*known, packet))
			return {known, *plain};
		own_keys_known |= known->version == packet.number &&
				  same_id(known->connection_id(), packet.destination);
	}
	if (own_keys_known)
		return {};
	return unprotect_new(flow, packet, now);
}

QuicReader::Plain QuicReader::unprotect_known(QuicStream &stream, const QuicPacket &packet)
{
	if (stream.version == packet.number)
		return cipher_.unprotect(stream.keys, packet, stream.largest);
	// The server changed the version and the client follows (RFC 9368): the same stream
	// under keys of the same connection ID. To that ID itself, another version is another
	// start, after a Version Negotiation.
	if (same_id(stream.connection_id(), packet.destination))
		return {};
	const QuicKeys keys = QuicCipher::keys_of(*packet.version, stream.connection_id());
	const Plain plain = cipher_.unprotect(keys, packet, stream.largest);
	if (plain) {
		stream.version = packet.number;
		stream.keys = keys;
	}
	return plain;
}

// No place in the table is taken before the packet has shown that it is one.
QuicReader::Opened QuicReader::unprotect_new(const QuicFlow &flow, const QuicPacket &packet,
					     std::chrono::nanoseconds now)
{
	const QuicKeys keys = QuicCipher::keys_of(*packet.version, packet.destination);
	std::uint64_t largest = 0;
	const Plain plain = cipher_.unprotect(keys, packet, largest);
	if (!plain)
		return {};
	QuicStream &stream = table_.take(flow, now);
	stream.version = packet.number;
	stream.destination_length = static_cast<std::uint8_t>(packet.destination.size());
	std::copy(packet.destination.begin(), packet.destination.end(), stream.destination.begin());
	stream.keys = keys;
	stream.largest = largest;
	return {&stream, *plain};
}

} // namespace flowmark
