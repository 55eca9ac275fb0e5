// SPDX-License-Identifier: Apache-2.0
// Random policies and packets that meet each other: values come from small pools,
// so that rules overlap, prefixes nest and packets hit.
#pragma once

#include <memory>
#include <random>

#include "canary/plain_scan.h"
#include "config/config.h"

namespace flowmark::test {

class Generator {
      public:
	explicit Generator(std::uint32_t seed) : random_(seed) {}

	// Classes 0..63 mark with their own number; interface "lan0" is the first.
	std::unique_ptr<Config> config(std::size_t rules);
	PlainPacket packet();

	std::uint32_t below(std::uint32_t limit)
	{
		return static_cast<std::uint32_t>(random_() % limit);
	}
	bool chance(unsigned percent) { return below(100) < percent; }

      private:
	Prefix prefix();
	Range ports();
	std::string host();
	std::uint64_t address_word(bool top);
	std::uint32_t set_of(SetKind kind, const Config &config);
	Set set(int number);
	Values values(unsigned condition, const Config &config);

	std::mt19937_64 random_;
};

} // namespace flowmark::test
