// SPDX-License-Identifier: Apache-2.0
#include "replay/block_reader.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace flowmark {

namespace {

constexpr std::size_t kHead = 8, kTail = 4; // type and length; the length again
constexpr std::size_t kLongest = 16U << 20; // a block
constexpr std::size_t kStep = 64U << 10;    // what is believed of a length before it is read
constexpr std::uint32_t kOrderMagic = 0x1a2b3c4d, kOrderMagicSwapped = 0x4d3c2b1a;

} // namespace

std::span<const std::uint8_t> BlockCursor::take(std::size_t count)
{
	if (count > bytes_.size()) {
		ok_ = false;
		bytes_ = {};
		return {};
	}
	const auto taken = bytes_.first(count);
	bytes_ = bytes_.subspan(count);
	return taken;
}

std::uint64_t BlockCursor::number(std::size_t count)
{
	const auto taken = take(count);
	std::uint64_t value = 0;
	for (std::size_t i = 0; i < taken.size(); i++)
		value = value << 8 | taken[big_endian_ ? i : taken.size() - 1 - i];
	return value;
}

std::uint32_t BlockReader::number_at(std::size_t at) const
{
	return BlockCursor(std::span(block_).subspan(at), big_endian_).u32();
}

// The memory grows with what is there, not with what a length says.
Result<void> BlockReader::read_more(std::size_t count)
{
	while (count > 0) {
		const std::size_t have = block_.size(), step = std::min(count, kStep);
		block_.resize(have + step);
		const std::size_t got = std::fread(block_.data() + have, 1, step, file_.get());
		read_ += static_cast<std::int64_t>(got);
		block_.resize(have + got);
		if (got < step && std::ferror(file_.get()) != 0)
			return errno_error("cannot read");
		if (got < step)
			return Error{fmt::format("the file ends within a block, {} bytes early",
						 count - got)};
		count -= step;
	}
	return {};
}

// The type of a section header reads the same in both orders; what follows does not.
Result<void> BlockReader::read_order()
{
	if (auto read = read_more(sizeof(kOrderMagic)); !read)
		return read;
	big_endian_ = false;
	const std::uint32_t magic = number_at(kHead);
	if (magic != kOrderMagic && magic != kOrderMagicSwapped)
		return Error{fmt::format("found {:#010x}, expected the byte order of a section "
					 "header",
					 magic)};
	big_endian_ = magic == kOrderMagicSwapped;
	in_section_ = true;
	return {};
}

Result<bool> BlockReader::next(Block &block)
{
	start_ = read_;
	block_.clear();
	if (auto head = read_more(kHead); !head) {
		if (block_.empty() && std::feof(file_.get()) != 0)
			return false;
		return head.error();
	}
	const std::uint32_t type = number_at(0);
	if (type == kSectionHeader) {
		if (auto order = read_order(); !order)
			return order.error();
	} else if (!in_section_) {
		return Error{"found no section header, which a pcapng file begins with"};
	}
	const std::uint32_t length = number_at(4);
	if (length < block_.size() + kTail || length > kLongest || length % 4 != 0)
		return Error{fmt::format("found a block of {} bytes, expected a multiple of 4 from "
					 "{} to {}",
					 length, block_.size() + kTail, kLongest)};
	if (auto rest = read_more(length - block_.size()); !rest)
		return rest.error();
	if (const std::uint32_t again = number_at(length - kTail); again != length)
		return Error{fmt::format("found a block of {} bytes that ends as one of {}", length,
					 again)};
	block = {type, big_endian_,
		 std::span<const std::uint8_t>(block_).subspan(kHead, length - kHead - kTail)};
	return true;
}

} // namespace flowmark
