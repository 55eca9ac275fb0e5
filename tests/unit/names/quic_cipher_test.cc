// SPDX-License-Identifier: Apache-2.0
// The examples of RFC 9001 and RFC 9369, appendix A: keys, header, sample and tag.
#include "names/quic_cipher.h"

#include <gtest/gtest.h>

#include "names/initials.h"

namespace flowmark::test {
namespace {

struct Example {
	std::uint32_t version;
	std::string_view key, iv, mask;
	std::string_view start, end; // of the packet: header and first block, tag
};

constexpr Example kExamples[] = {
	{kQuicV1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
	 "9f50449e04a0e810283a1e9933adedd2",
	 "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b",
	 "e221af44860018ab0856972e194cd934"},
	{kQuicV2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
	 "45b95e15235d6f45a6b19cbcb0294ba9",
	 "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071",
	 "9a37ddec600545473cfb5a05e08d0b209973b2172b4d21fb69745a262ccde96b"
	 "a18b2faa745b6fe189cf772a9f84cbfc"},
};

InitialShape shape_of(const Example &example)
{
	return {.version = example.version, .number = 2};
}

QuicPacket parsed(View bytes)
{
	return std::get<QuicPacket>(read_quic_packet(bytes));
}

template <typename Array>
Bytes bytes_of(const Array &array)
{
	return {array.begin(), array.end()};
}

TEST(QuicCipher, keys_are_those_of_the_rfcs)
{
	auto cipher = QuicCipher::open();
	ASSERT_TRUE(cipher);
	for (const Example &example : kExamples) {
		const QuicKeys keys = QuicCipher::keys_of(*find_quic_version(example.version),
							  from_hex("8394c8f03e515708"));
		EXPECT_EQ(bytes_of(keys.key), from_hex(example.key));
		EXPECT_EQ(bytes_of(keys.iv), from_hex(example.iv));
		EXPECT_EQ(bytes_of(keys.mask), from_hex(example.mask));
	}
}

// The tag ends the packet, so header and all of its frames are the RFC's.
TEST(QuicCipher, packets_made_for_tests_are_those_of_the_rfcs)
{
	for (const Example &example : kExamples) {
		const Bytes packet = make_initial(shape_of(example), from_hex(kRfcCryptoFrame));
		const Bytes start = from_hex(example.start), end = from_hex(example.end);
		ASSERT_EQ(packet.size(), 1200);
		EXPECT_EQ(slice(packet, 0, start.size()), start);
		EXPECT_EQ(slice(packet, packet.size() - end.size(), packet.size()), end);
	}
}

TEST(QuicCipher, opens_them)
{
	auto cipher = QuicCipher::open();
	ASSERT_TRUE(cipher);
	const Bytes frame = from_hex(kRfcCryptoFrame);
	for (const Example &example : kExamples) {
		const Bytes bytes = make_initial(shape_of(example), frame);
		const QuicPacket packet = parsed(bytes);
		const QuicKeys keys = QuicCipher::keys_of(*packet.version, packet.destination);
		std::uint64_t largest = 0;
		const auto plain = cipher->unprotect(keys, packet, largest);
		ASSERT_TRUE(plain);
		EXPECT_EQ(plain->size(), 1162);
		EXPECT_EQ(slice(bytes_of(*plain), 0, frame.size()), frame);
		EXPECT_EQ(largest, 2);
	}
}

TEST(QuicCipher, opens_no_packet_with_one_bit_changed)
{
	auto cipher = QuicCipher::open();
	ASSERT_TRUE(cipher);
	const Bytes bytes = make_initial({.size = 200}, from_hex("01"));
	const QuicKeys keys = QuicCipher::keys_of(*find_quic_version(kQuicV1),
						  parsed(bytes).destination);
	for (std::size_t bit = 0; bit < 8 * bytes.size(); bit++) {
		Bytes broken = bytes;
		broken[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
		const auto read = read_quic_packet(broken);
		const auto *packet = std::get_if<QuicPacket>(&read);
		std::uint64_t largest = 0;
		EXPECT_FALSE(packet != nullptr && packet->initial &&
			     cipher->unprotect(keys, *packet, largest))
			<< bit;
		EXPECT_EQ(largest, 0);
	}
}

// A packet number is cut to one to four bytes and completed by the largest one before.
TEST(QuicCipher, packet_numbers_of_every_width_and_beyond_it)
{
	auto cipher = QuicCipher::open();
	ASSERT_TRUE(cipher);
	const QuicKeys keys = QuicCipher::keys_of(*find_quic_version(kQuicV1),
						  from_hex("8394c8f03e515708"));
	for (const std::size_t width : {1, 2, 3, 4}) {
		std::uint64_t largest = 0;
		for (const std::uint64_t number : {0, 3, 1, 100, 200, 300, 254, 420}) {
			const Bytes bytes = make_initial({.number = number, .number_width = width},
							 from_hex("01"));
			EXPECT_TRUE(cipher->unprotect(keys, parsed(bytes), largest))
				<< number << " in " << width;
		}
		EXPECT_EQ(largest, 420);
	}
}

} // namespace
} // namespace flowmark::test
