// SPDX-License-Identifier: Apache-2.0
// The protection of Initials, RFC 9001, 5: its keys follow from bytes that everybody sees,
// so that who carries a packet can read it.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "names/quic_packet.h"

namespace flowmark {

// Of the packets that the client sends.
struct QuicKeys {
	std::array<std::uint8_t, 16> key{}, mask{};
	std::array<std::uint8_t, 12> iv{};
};

// Not for two threads at a time: it keeps its contexts and its buffer.
class QuicCipher {
      public:
	static Result<QuicCipher> open();

	// What the client's packets are protected with when its first one went to
	// `destination`.
	QuicKeys keys_of(const QuicVersion &version, std::span<const std::uint8_t> destination);

	// The frames in an Initial; they stay until the next call. Nothing if the keys do not
	// fit. `largest` is the largest packet number that these keys have opened so far, and
	// is updated.
	// REQUIRES: packet.initial, packet.bytes of at most 64 KiB
	std::optional<std::span<const std::uint8_t>>
	unprotect(const QuicKeys &keys, const QuicPacket &packet, std::uint64_t &largest);

      private:
	using Digest = std::array<std::uint8_t, 32>;
	struct Free {
		void operator()(EVP_MD *md) const { EVP_MD_free(md); }
		void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
		void operator()(EVP_CIPHER *cipher) const { EVP_CIPHER_free(cipher); }
		void operator()(EVP_CIPHER_CTX *context) const { EVP_CIPHER_CTX_free(context); }
	};

	QuicCipher();
	[[nodiscard]] bool ready() const;
	Digest hmac(std::span<const std::uint8_t> key, std::span<const std::uint8_t> text);
	template <std::size_t Size>
	std::array<std::uint8_t, Size> expand(const Digest &secret, std::string_view label);
	std::array<std::uint8_t, 16> mask_of(const QuicKeys &keys, const QuicPacket &packet);

	std::unique_ptr<EVP_MD, Free> sha256_;
	std::unique_ptr<EVP_CIPHER, Free> ecb_, gcm_;
	std::unique_ptr<EVP_MD_CTX, Free> hash_;
	std::unique_ptr<EVP_CIPHER_CTX, Free> mask_, open_;
	std::vector<std::uint8_t> plain_;
};

} // namespace flowmark
