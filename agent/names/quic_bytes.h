// SPDX-License-Identifier: Apache-2.0
// Reads QUIC's integers one after the other; past the end nothing is read any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace flowmark {

class QuicBytes {
      public:
	explicit QuicBytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

	// False once something did not fit; what was read from there on is 0 or empty.
	[[nodiscard]] bool ok() const { return ok_; }
	[[nodiscard]] std::size_t at() const { return at_; }
	[[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

	std::span<const std::uint8_t> take(std::uint64_t count)
	{
		ok_ = ok_ && count <= left();
		if (!ok_)
			return {};
		at_ += static_cast<std::size_t>(count);
		return bytes_.subspan(at_ - static_cast<std::size_t>(count),
				      static_cast<std::size_t>(count));
	}

	std::uint64_t number(std::size_t width)
	{
		std::uint64_t value = 0;
		for (const std::uint8_t digit : take(width))
			value = value << 8 | digit;
		return value;
	}

	void skip_zeros()
	{
		while (at_ < bytes_.size() && bytes_[at_] == 0)
			at_++;
	}

	// RFC 9000, 16: the upper two bits tell the width.
	std::uint64_t varint()
	{
		if (left() == 0) {
			ok_ = false;
			return 0;
		}
		const unsigned width = 1U << (bytes_[at_] >> 6);
		return number(width) & ~(3ULL << (8 * width - 2));
	}

      private:
	std::span<const std::uint8_t> bytes_;
	std::size_t at_ = 0;
	bool ok_ = true;
};

} // namespace flowmark
