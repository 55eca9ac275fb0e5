// SPDX-License-Identifier: Apache-2.0
// Input: what a reader is fed, one record after the other (quic_script.h). Since random
// bytes never decrypt, most records are frames, which are protected here. A name that comes
// out is one, and each of its bytes was fed at its offset of the CRYPTO stream.
#include <bitset>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "fuzz/fuzz.h"
#include "fuzz/quic_script.h"
#include "names/quic_bytes.h"
#include "names/quic_crypto_buffer.h"
#include "names/quic_reader.h"

namespace flowmark::fuzz {

namespace {

using test::Bytes;

// What was fed on one flow, as far as it takes to check a name.
struct Fed {
	std::vector<Bytes> payloads; // of Initials, in plain text
	std::vector<Bytes> datagrams;
};

// For each offset of the stream, the bytes that were fed there.
using Stream = std::vector<std::bitset<256>>;

// Whatever might be a CRYPTO frame, whether or not frames end where it starts: more than
// there are, and so what is not among them was invented.
void collect(View payload, Stream &stream)
{
	for (std::size_t start = 0; start < payload.size(); start++) {
		if (payload[start] != 0x06)
			continue;
		QuicBytes at(payload.subspan(start + 1));
		const std::uint64_t offset = at.varint();
		const View bytes = at.take(at.varint());
		for (std::size_t i = 0; i < bytes.size() && offset + i < stream.size(); i++)
			stream[offset + i].set(lower(bytes[i]));
	}
}

// With the keys of every connection ID that occurs.
void collect_protected(const std::vector<Bytes> &datagrams, Stream &stream)
{
	static auto cipher = QuicCipher::open();
	require(cipher.ok(), "libcrypto");
	std::vector<QuicPacket> packets;
	for (const Bytes &datagram : datagrams)
		for (View rest = datagram; !rest.empty();) {
			const auto read = read_quic_packet(rest);
			const auto *packet = std::get_if<QuicPacket>(&read);
			if (packet == nullptr)
				break;
			if (packet->initial)
				packets.push_back(*packet);
			rest = rest.subspan(packet->bytes.size());
		}
	std::vector<Bytes> ids(kScriptIds.begin(), kScriptIds.end());
	for (const QuicPacket &packet : packets)
		ids.emplace_back(packet.destination.begin(), packet.destination.end());
	for (const Bytes &id : ids)
		for (const QuicPacket &packet : packets) {
			std::uint64_t largest = 0;
			const auto keys = QuicCipher::keys_of(*packet.version, id);
			if (const auto plain = cipher->unprotect(keys, packet, largest))
				collect(*plain, stream);
		}
}

bool was_fed(std::string_view name, const Fed &fed)
{
	Stream stream(CryptoBuffer::kSize);
	for (const Bytes &payload : fed.payloads)
		collect(payload, stream);
	collect_protected(fed.datagrams, stream);
	return std::search(stream.begin(), stream.end(), name.begin(), name.end(),
			   [](const std::bitset<256> &bytes, char c) {
				   return bytes.test(static_cast<std::uint8_t>(c));
			   }) != stream.end();
}

// Small, so that a script meets the bounds.
constexpr QuicLimits kLimits = {.connections = 3, .idle = std::chrono::seconds(5)};

// One reader reads all scripts, each when what was before has expired: to open one takes
// longer than a script does, and nothing of an earlier script may show.
void run(Script script)
{
	static auto reader = QuicReader::open(kLimits);
	static std::chrono::nanoseconds now{};
	require(reader.ok(), "libcrypto");
	std::array<Fed, kScriptFlows> fed;
	now += 2 * kLimits.idle;
	while (const auto record = script.next()) {
		now += record->pause;
		Fed &of_flow = fed.at(record->flow);
		if (record->frames) {
			// A frame may reach into the padding.
			of_flow.payloads.push_back(*record->frames);
			of_flow.payloads.back().resize(record->frames->size() +
						       record->datagram.size());
		} else {
			of_flow.datagrams.push_back(record->datagram);
		}
		QuicFlow flow;
		flow.source_port = static_cast<std::uint16_t>(record->flow);
		const QuicOutcome outcome = reader->feed(flow, record->datagram, now);
		require((outcome.kind == QuicOutcome::Kind::name) == !outcome.name.empty(),
			"a name and the kind of one");
		if (outcome.kind != QuicOutcome::Kind::name)
			continue;
		require(is_name(outcome.name), "printable name");
		require(was_fed(outcome.name, of_flow), "invented");
	}
}

} // namespace

} // namespace flowmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	flowmark::fuzz::run(flowmark::fuzz::Script({data, size}));
	return 0;
}
