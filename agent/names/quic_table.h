// SPDX-License-Identifier: Apache-2.0
// The connections whose Initials are being read, or were a moment ago: so many and no more.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "names/quic_cipher.h"
#include "names/quic_crypto_buffer.h"
#include "names/quic_flow.h"

namespace flowmark {

struct QuicLimits {
	std::size_t connections = 1024;
	std::chrono::nanoseconds idle = std::chrono::seconds(5);
};

// What a client sends under one set of keys.
struct QuicStream {
	QuicFlow flow;
	std::uint32_t version = 0; // the keys are this one's
	std::uint8_t destination_length = 0;
	std::array<std::uint8_t, kMaxConnectionId> destination{}; // and this connection ID's
	QuicKeys keys;
	std::uint64_t largest = 0; // packet number
	// What was looked for is found, or cannot be. Kept so that the acknowledgements that
	// follow are known for what they are.
	bool done = false;
	std::unique_ptr<CryptoBuffer> crypto; // never null in a stream that take() returned

	[[nodiscard]] std::span<const std::uint8_t> connection_id() const
	{
		return std::span(destination).first(destination_length);
	}
};

class QuicTable {
      public:
	// Streams of one flow that are told apart. Two, so that a packet from before a Retry
	// which arrives late does not end what came after it.
	static constexpr std::size_t kPerFlow = 2;

	QuicTable(const QuicLimits &limits, const FlowSeed &seed);

	// The flow's streams, newest first; null where there is none. What is returned stays
	// valid until the next take() or expire().
	using Streams = std::array<QuicStream *, kPerFlow>;
	[[nodiscard]] Streams find(const QuicFlow &flow);

	// A stream for that flow with an empty buffer: a free place, or that of the flow's own
	// oldest beyond kPerFlow, or of the one that has been done or else idle for longest.
	QuicStream &take(const QuicFlow &flow, std::chrono::nanoseconds now);

	// A packet of it has come.
	void touch(QuicStream &stream, std::chrono::nanoseconds now);

	// It is done, and so is what else was still read of its flow.
	void finish(QuicStream &stream);

	// Forgets those that have been idle for too long.
	void expire(std::chrono::nanoseconds now);

	// Streams forgotten before they were done.
	[[nodiscard]] std::uint64_t evicted() const { return evicted_; }
	[[nodiscard]] std::uint64_t expired() const { return expired_; }

      private:
	using Index = std::uint32_t;
	static constexpr Index kNone = ~Index{0};

	// Every place is in one of these; the one touched last is first.
	enum Order : std::uint8_t { kFree, kPending, kDone, kOrders };
	struct Ends {
		Index first = kNone, last = kNone;
	};
	struct Place : QuicStream {
		std::chrono::nanoseconds touched{};
		Index newer = kNone, older = kNone; // in its order
		Index chained = kNone;		    // next in its bucket
		Order order = kFree;
	};

	[[nodiscard]] Index index_of(const QuicStream &stream) const;
	[[nodiscard]] Index &bucket_of(const QuicFlow &flow);
	void unlink(Index index);
	void push_first(Index index, Order order);
	void forget(Index index);
	void make_room(const QuicFlow &flow);

	QuicLimits limits_;
	FlowSeed seed_;
	std::vector<Place> places_;
	std::vector<Index> buckets_;
	std::array<Ends, kOrders> ends_;
	std::uint64_t evicted_ = 0, expired_ = 0;
};

} // namespace flowmark
