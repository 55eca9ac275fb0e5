// SPDX-License-Identifier: Apache-2.0
// DNS over TCP: the streams of many connections, bounded in number and in time.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <vector>

#include "names/bounded_lru.h"
#include "names/dns_stream.h"
#include "names/keyed_hash.h"

namespace flowmark {

// From the server to the client, in host byte order; addresses as in struct fm_punt.
struct DnsStreamKey {
	std::array<std::uint64_t, 2> src{};
	std::array<std::uint64_t, 2> dst{};
	std::uint16_t sport = 0;
	std::uint16_t dport = 0;
	std::uint16_t vlan = 0;

	friend bool operator==(const DnsStreamKey &, const DnsStreamKey &) = default;
};

class DnsStreams {
      public:
	static constexpr std::size_t kStreams = 256;
	static constexpr std::uint64_t kIdleNs = 5'000'000'000;

	explicit DnsStreams(std::size_t streams = kStreams, std::uint64_t seed = random_seed());

	// Takes a segment that arrived at `now_ns`; returns the messages that it completes,
	// without their lengths.
	std::vector<DnsStream::Message> take(const DnsStreamKey &key, std::uint32_t seq,
					     Bytes payload, std::uint64_t now_ns);

	[[nodiscard]] std::size_t size() const { return streams_.size(); }
	// Streams that had to go before they were idle.
	[[nodiscard]] std::uint64_t evicted() const { return evicted_; }

      private:
	struct Hash {
		std::uint64_t seed;
		std::size_t operator()(const DnsStreamKey &key) const;
	};
	struct Entry {
		std::uint64_t last_ns = 0;
		DnsStream stream;
	};

	BoundedLru<DnsStreamKey, Entry, Hash> streams_;
	std::uint64_t evicted_ = 0;
};

} // namespace flowmark
