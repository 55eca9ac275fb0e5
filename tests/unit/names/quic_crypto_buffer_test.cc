// SPDX-License-Identifier: Apache-2.0
#include "names/quic_crypto_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace flowmark::test {
namespace {

using Bytes = std::vector<std::uint8_t>;

// The same by a map of bytes.
class Model {
      public:
	void put(std::size_t offset, const Bytes &bytes)
	{
		for (std::size_t i = 0; i < bytes.size(); i++)
			if (offset + i < CryptoBuffer::kSize)
				bytes_.try_emplace(offset + i, bytes[i]);
	}
	[[nodiscard]] Bytes prefix() const
	{
		Bytes prefix;
		for (const auto &[at, byte] : bytes_) {
			if (at != prefix.size())
				break;
			prefix.push_back(byte);
		}
		return prefix;
	}

      private:
	std::map<std::size_t, std::uint8_t> bytes_;
};

Bytes prefix_of(const CryptoBuffer &buffer)
{
	return {buffer.prefix().begin(), buffer.prefix().end()};
}

TEST(CryptoBuffer, holds_what_a_map_of_bytes_holds)
{
	std::mt19937 random(1);
	const auto buffer = std::make_unique<CryptoBuffer>();
	for (int round = 0; round < 60; round++) {
		Model model;
		buffer->clear();
		const std::size_t span = 1 + random() % (CryptoBuffer::kSize + 100);
		for (int i = 0; i < 60; i++) {
			Bytes bytes(random() % (i % 2 == 0 ? 5 : 1500));
			std::generate(bytes.begin(), bytes.end(), std::ref(random));
			const std::size_t offset = random() % span;
			buffer->put(offset, bytes);
			model.put(offset, bytes);
			ASSERT_EQ(prefix_of(*buffer), model.prefix());
		}
	}
}

TEST(CryptoBuffer, byte_by_byte_from_the_end_it_becomes_full)
{
	const auto buffer = std::make_unique<CryptoBuffer>();
	for (std::size_t at = CryptoBuffer::kSize; at-- > 0;) {
		EXPECT_TRUE(buffer->prefix().empty());
		buffer->put(at, Bytes{static_cast<std::uint8_t>(at)});
	}
	EXPECT_TRUE(buffer->full());
	EXPECT_EQ(buffer->prefix().size(), CryptoBuffer::kSize);
	EXPECT_EQ(buffer->prefix()[300], 300 % 256);
	buffer->clear();
	EXPECT_TRUE(buffer->prefix().empty());
}

TEST(CryptoBuffer, offsets_beyond_it_are_let_go)
{
	const auto buffer = std::make_unique<CryptoBuffer>();
	for (const std::uint64_t offset :
	     {std::uint64_t{CryptoBuffer::kSize}, (std::uint64_t{1} << 62) - 1})
		buffer->put(offset, Bytes(100, 1));
	EXPECT_TRUE(buffer->prefix().empty());
}

} // namespace
} // namespace flowmark::test
