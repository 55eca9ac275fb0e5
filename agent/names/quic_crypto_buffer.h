// SPDX-License-Identifier: Apache-2.0
// The start of a CRYPTO stream, put together from frames in any order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace flowmark {

class CryptoBuffer {
      public:
	// A handshake message's header and 8 KiB of it.
	static constexpr std::size_t kSize = 4 + 8192;

	// Where bytes meet others, those that came first stay. What lies beyond the end is
	// not kept.
	void put(std::uint64_t offset, std::span<const std::uint8_t> bytes);

	// What has come without a gap. Points into this.
	[[nodiscard]] std::span<const std::uint8_t> prefix() const
	{
		return std::span(bytes_).first(prefix_);
	}
	[[nodiscard]] bool full() const { return prefix_ == kSize; }

	void clear();

      private:
	void put_word(std::size_t word, std::size_t begin, std::span<const std::uint8_t> bytes);
	void grow_prefix();

	std::array<std::uint64_t, kSize / 64 + 1> have_{}; // a bit for each byte
	std::size_t prefix_ = 0;
	std::array<std::uint8_t, kSize> bytes_{};
};

} // namespace flowmark
