// SPDX-License-Identifier: Apache-2.0
#include "names/datagrams.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace flowmark {

namespace {

using Payload = std::vector<std::uint8_t>;

Payload numbered(std::size_t size)
{
	Payload bytes(size);
	std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
	return bytes;
}

struct Piece {
	std::size_t from, to;
};

class DatagramsTest : public testing::Test {
      protected:
	// Of a datagram with that id. The whole payload, if it is complete now.
	std::optional<Payload> take(const Payload &whole, Piece piece, std::uint32_t id = 1,
				    std::uint64_t now_ns = 0)
	{
		fm_punt punt{};
		punt.time_ns = now_ns;
		punt.seq = id;
		punt.kind = piece.from == 0 ? FM_PUNT_QUIC : FM_PUNT_REST;
		punt.sport = piece.from == 0 ? 1000 : 0;
		punt.fragment = static_cast<std::uint16_t>(
			piece.from | FM_PUNT_FRAGMENT |
			(piece.to < whole.size() ? FM_PUNT_MORE : 0));
		const auto done = datagrams_.take(
			punt, std::span(whole).subspan(piece.from, piece.to - piece.from));
		if (!done)
			return std::nullopt;
		EXPECT_EQ(done->first.kind, FM_PUNT_QUIC);
		EXPECT_EQ(done->first.sport, 1000);
		return done->payload;
	}

	Datagrams datagrams_{1};
};

TEST_F(DatagramsTest, is_whole_with_its_last_piece_in_every_order)
{
	const Payload whole = numbered(1250);
	std::vector<Piece> pieces{{0, 400}, {400, 808}, {808, 816}, {816, 1250}};
	const auto less = [](const Piece &a, const Piece &b) { return a.from < b.from; };
	std::uint32_t id = 0;
	do {
		id++;
		for (std::size_t i = 0; i + 1 < pieces.size(); i++)
			EXPECT_EQ(take(whole, pieces[i], id), std::nullopt);
		EXPECT_EQ(take(whole, pieces.back(), id), whole);
	} while (std::ranges::next_permutation(pieces, less).found);
	EXPECT_EQ(id, 24u);
}

TEST_F(DatagramsTest, pieces_of_different_datagrams_do_not_mix)
{
	const Payload one = numbered(800), other(800, 0xff);
	EXPECT_EQ(take(one, {0, 400}, 1), std::nullopt);
	EXPECT_EQ(take(other, {400, 800}, 2), std::nullopt);
	EXPECT_EQ(take(one, {400, 800}, 1), one);
	EXPECT_EQ(take(other, {0, 400}, 2), other);
}

TEST_F(DatagramsTest, what_came_first_stays)
{
	const Payload one = numbered(800), other(800, 0xff);
	EXPECT_EQ(take(one, {0, 400}), std::nullopt);
	EXPECT_EQ(take(other, {0, 400}), std::nullopt);
	EXPECT_EQ(take(one, {400, 800}), one);
	EXPECT_EQ(take(one, {400, 800}), std::nullopt); // once
}

TEST_F(DatagramsTest, goes_after_a_while_and_when_there_are_too_many)
{
	const Payload whole = numbered(800);
	EXPECT_EQ(take(whole, {0, 400}, 1, 0), std::nullopt);
	EXPECT_EQ(take(whole, {400, 800}, 1, Datagrams::kIdleNs + 1), std::nullopt);
	EXPECT_EQ(datagrams_.size(), 1u);
	for (std::uint32_t id = 2; id < 1000; id++)
		EXPECT_EQ(take(whole, {0, 400}, id, Datagrams::kIdleNs + 2), std::nullopt);
	EXPECT_EQ(datagrams_.size(), Datagrams::kDatagrams);
	EXPECT_EQ(take(whole, {400, 800}, 999, Datagrams::kIdleNs + 3), whole);
}

TEST_F(DatagramsTest, stays_when_the_time_goes_back)
{
	const Payload whole = numbered(800);
	EXPECT_EQ(take(whole, {0, 400}, 1, 1000), std::nullopt);
	EXPECT_EQ(take(whole, {0, 400}, 2, 999), std::nullopt);
	EXPECT_EQ(take(whole, {400, 800}, 1, 998), whole);
}

TEST_F(DatagramsTest, a_longer_one_than_is_kept_never_is_whole)
{
	const Payload whole = numbered(16'000);
	for (std::size_t at = 0; at < whole.size(); at += 4000)
		EXPECT_EQ(take(whole, {at, at + 4000}), std::nullopt);
}

} // namespace

} // namespace flowmark
