// SPDX-License-Identifier: Apache-2.0
// A bitmap of rules as the packet path stores it: bit i of word w is rule 64 w + i.
#pragma once

#include <array>
#include <cstdint>

#include <flowmark/limits.h>

namespace flowmark {

class RuleBits {
      public:
	void set(std::uint32_t rule) { words_[rule / FM_RULES_PER_WORD] |= bit(rule); }
	void reset(std::uint32_t rule) { words_[rule / FM_RULES_PER_WORD] &= ~bit(rule); }
	[[nodiscard]] bool test(std::uint32_t rule) const
	{
		return (words_[rule / FM_RULES_PER_WORD] & bit(rule)) != 0;
	}
	[[nodiscard]] std::uint64_t word(std::uint32_t index) const { return words_[index]; }

	// Bit w: word w is not 0.
	[[nodiscard]] std::uint64_t summary() const
	{
		std::uint64_t bits = 0;
		for (std::uint32_t w = 0; w < FM_MAX_RULE_WORDS; w++)
			bits |= static_cast<std::uint64_t>(words_[w] != 0) << w;
		return bits;
	}

	bool operator==(const RuleBits &) const = default;
	[[nodiscard]] std::size_t hash() const
	{
		std::uint64_t h = 0;
		for (const std::uint64_t word : words_)
			h = (h ^ word) * 0x9e3779b97f4a7c15U ^ h >> 29;
		return h;
	}

      private:
	static std::uint64_t bit(std::uint32_t rule)
	{
		return std::uint64_t{1} << rule % FM_RULES_PER_WORD;
	}

	std::array<std::uint64_t, FM_MAX_RULE_WORDS> words_{};
};

struct RuleBitsHash {
	std::size_t operator()(const RuleBits &bits) const { return bits.hash(); }
};

} // namespace flowmark
