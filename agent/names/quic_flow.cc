// SPDX-License-Identifier: Apache-2.0
#include "names/quic_flow.h"

#include <bit>

namespace flowmark {

namespace {

class SipHash {
      public:
	explicit SipHash(const FlowSeed &seed)
		: a_(seed[0] ^ 0x736f6d6570736575), b_(seed[1] ^ 0x646f72616e646f6d),
		  c_(seed[0] ^ 0x6c7967656e657261), d_(seed[1] ^ 0x7465646279746573)
	{}

	void add(std::uint64_t word)
	{
		d_ ^= word;
		round();
		a_ ^= word;
	}

	std::uint64_t finish()
	{
		c_ ^= 0xff;
		for (int i = 0; i < 3; i++)
			round();
		return a_ ^ b_ ^ c_ ^ d_;
	}

      private:
	void round()
	{
		a_ += b_;
		b_ = std::rotl(b_, 13) ^ a_;
		a_ = std::rotl(a_, 32);
		c_ += d_;
		d_ = std::rotl(d_, 16) ^ c_;
		a_ += d_;
		d_ = std::rotl(d_, 21) ^ a_;
		c_ += b_;
		b_ = std::rotl(b_, 17) ^ c_;
		c_ = std::rotl(c_, 32);
	}

	std::uint64_t a_, b_, c_, d_;
};

} // namespace

std::uint64_t hash_of(const QuicFlow &flow, const FlowSeed &seed)
{
	SipHash hash(seed);
	for (const auto &address : {flow.source, flow.destination})
		for (const std::uint64_t word : address)
			hash.add(word);
	hash.add(std::uint64_t{flow.source_port} << 32 |
		 std::uint64_t{flow.destination_port} << 16 | flow.vlan);
	return hash.finish();
}

} // namespace flowmark
