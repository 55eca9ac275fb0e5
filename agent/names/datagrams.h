// SPDX-License-Identifier: Apache-2.0
// Datagrams that came in IP fragments, put together from punts of them in any order. Bounded in
// number, in size and in time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <flowmark/abi.h>

#include "names/bounded_lru.h"
#include "names/keyed_hash.h"
#include "names/quic_crypto_buffer.h"

namespace flowmark {

class Datagrams {
      public:
	static constexpr std::size_t kDatagrams = 64;
	static constexpr std::uint64_t kIdleNs = 2'000'000'000;

	explicit Datagrams(std::uint64_t seed = random_seed()) : open_(kDatagrams, Hash{seed}) {}

	struct Whole {
		fm_punt first; // what is known of its first fragment, without payload
		std::vector<std::uint8_t> payload;
	};

	// REQUIRES: punt.fragment is not 0. The datagram, if that was what it lacked. One that is
	// longer than CryptoBuffer::kSize never is whole.
	std::optional<Whole> take(const fm_punt &punt, std::span<const std::uint8_t> payload);

	[[nodiscard]] std::size_t size() const { return open_.size(); }

      private:
	// What all fragments of a datagram share (RFC 791, RFC 8200).
	struct Key {
		std::array<std::uint64_t, 2> src{}, dst{};
		std::uint32_t id = 0;
		std::uint16_t vlan = 0;

		bool operator==(const Key &) const = default;
	};
	struct Hash {
		std::uint64_t seed;
		std::size_t operator()(const Key &key) const;
	};
	struct Open {
		std::uint64_t last_ns = 0;
		std::optional<fm_punt> first;
		std::optional<std::size_t> length; // known from the last fragment
		CryptoBuffer bytes;
	};

	BoundedLru<Key, Open, Hash> open_;
};

} // namespace flowmark
