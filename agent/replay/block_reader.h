// SPDX-License-Identifier: Apache-2.0
// The blocks of a pcapng file, whatever is in them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "replay/capture_format.h"

namespace flowmark {

inline constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;

// Numbers in the order of a section's writer, from the front to the back. Nothing is read
// beyond the end: what is not there is 0, and ok() false from then on.
class BlockCursor {
      public:
	BlockCursor(std::span<const std::uint8_t> bytes, bool big_endian)
		: bytes_(bytes), big_endian_(big_endian)
	{}

	[[nodiscard]] bool ok() const { return ok_; }
	[[nodiscard]] std::size_t left() const { return bytes_.size(); }
	std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
	std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
	std::uint64_t u64() { return number(8); }
	std::span<const std::uint8_t> take(std::size_t count);
	// Of the next `count` bytes alone.
	BlockCursor part(std::size_t count) { return {take(count), big_endian_}; }

      private:
	std::uint64_t number(std::size_t count);

	std::span<const std::uint8_t> bytes_;
	bool big_endian_;
	bool ok_ = true;
};

struct Block {
	std::uint32_t type = 0;
	bool big_endian = false;
	std::span<const std::uint8_t> body; // valid until the next one is read

	[[nodiscard]] BlockCursor cursor() const { return {body, big_endian}; }
};

class BlockReader {
      public:
	explicit BlockReader(InputFile file) : file_(std::move(file)) {}

	// False at the end. The byte order is that of the section header read last; the first
	// block has to be one.
	[[nodiscard]] Result<bool> next(Block &block);
	// Of the block that was read last, or that could not be read.
	[[nodiscard]] std::int64_t offset() const { return start_; }

      private:
	[[nodiscard]] Result<void> read_more(std::size_t count);
	[[nodiscard]] Result<void> read_order();
	[[nodiscard]] std::uint32_t number_at(std::size_t at) const;

	InputFile file_;
	std::vector<std::uint8_t> block_;
	std::int64_t start_ = 0, read_ = 0;
	bool in_section_ = false, big_endian_ = false;
};

} // namespace flowmark
