// SPDX-License-Identifier: Apache-2.0
// The server's name out of the first packets of a QUIC connection, whoever carries them.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "names/quic_cipher.h"
#include "names/quic_flow.h"
#include "names/quic_reasons.h"
#include "names/quic_table.h"

namespace flowmark {

struct QuicOutcome {
	enum class Kind {
		nothing, // more to come, or nothing was looked for in it
		name,
		no_name, // the hello is there and names no server
		failed,
	};
	Kind kind = Kind::nothing;
	QuicReason reason = QuicReason::not_quic; // of a failure
	std::string name;			  // as in ClientHello
	bool ech = false;
};

// For one thread. Its memory is bounded by the limits (9.5 KiB a connection), whatever is
// fed to it; its state for a connection goes when that has been idle for a while.
class QuicReader {
      public:
	static Result<QuicReader> open(const QuicLimits &limits = {});

	// One UDP payload from the client to the server; `now` of any clock that the other
	// calls use too. Each hello gives its name once: with the datagram that completes it.
	// Datagrams may come in any order and more than once. A connection that starts anew on
	// the same flow, after Retry, with another version or because the port is used again,
	// gives its name again.
	QuicOutcome feed(const QuicFlow &flow, std::span<const std::uint8_t> datagram,
			 std::chrono::nanoseconds now);

	// How often there was no name, by reason, since open().
	[[nodiscard]] std::uint64_t failures(QuicReason reason) const;

      private:
	QuicReader(QuicCipher cipher, const QuicLimits &limits, const FlowSeed &seed);

	using Plain = std::optional<std::span<const std::uint8_t>>;
	// A packet's frames and the stream that they are of; null if no key fits.
	struct Opened {
		QuicStream *stream = nullptr;
		std::span<const std::uint8_t> payload;
	};
	QuicOutcome read_datagram(const QuicFlow &flow, std::span<const std::uint8_t> datagram,
				  std::chrono::nanoseconds now);
	QuicOutcome read_initial(const QuicFlow &flow, const QuicPacket &packet,
				 std::chrono::nanoseconds now);
	Opened unprotect(const QuicFlow &flow, const QuicPacket &packet,
			 std::chrono::nanoseconds now);
	Plain unprotect_known(QuicStream &stream, const QuicPacket &packet);
	Opened unprotect_new(const QuicFlow &flow, const QuicPacket &packet,
			     std::chrono::nanoseconds now);

	QuicCipher cipher_;
	QuicTable table_;
	std::array<std::uint64_t, kQuicReasons> failures_{};
};

} // namespace flowmark
