// SPDX-License-Identifier: Apache-2.0
#include "names/quic_crypto_buffer.h"

#include <algorithm>
#include <bit>

namespace flowmark {

void CryptoBuffer::clear()
{
	have_.fill(0);
	prefix_ = 0;
}

void CryptoBuffer::put(std::uint64_t offset, std::span<const std::uint8_t> bytes)
{
	if (offset >= kSize)
		return;
	auto at = static_cast<std::size_t>(offset);
	bytes = bytes.first(std::min(bytes.size(), kSize - at));
	while (!bytes.empty()) {
		const std::size_t count = std::min(bytes.size(), 64 - at % 64);
		put_word(at / 64, at % 64, bytes.first(count));
		at += count;
		bytes = bytes.subspan(count);
	}
	grow_prefix();
}

// Into the 64 bytes of one word of have_; REQUIRES: begin + bytes.size() <= 64
void CryptoBuffer::put_word(std::size_t word, std::size_t begin,
			    std::span<const std::uint8_t> bytes)
{
	const std::uint64_t mine = ~0ULL >> (64 - bytes.size()) << begin;
	auto *to = bytes_.begin() + static_cast<std::ptrdiff_t>(word * 64 + begin);
	if ((have_[word] & mine) == 0)
		std::copy(bytes.begin(), bytes.end(), to);
	else
		for (std::size_t i = 0; i < bytes.size(); i++)
			if ((have_[word] >> (begin + i) & 1) == 0)
				to[i] = bytes[i];
	have_[word] |= mine;
}

void CryptoBuffer::grow_prefix()
{
	while (prefix_ < kSize) {
		const auto run = static_cast<std::size_t>(
			std::countr_one(have_[prefix_ / 64] >> (prefix_ % 64)));
		prefix_ += run;
		if (run == 0 || prefix_ % 64 != 0)
			return;
	}
}

} // namespace flowmark
