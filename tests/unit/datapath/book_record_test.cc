// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "datapath/book_record.h"

namespace flowmark {

namespace {

const CounterKey kLongest{"fifteen-letters", kEgress, false, std::string(32, 'c')};

} // namespace

TEST(BookRecord, what_is_written_is_read)
{
	for (const CounterKey &key : {kLongest, CounterKey{"", kIngress, true, "not_ip"},
				      CounterKey{"a\x01\xff", kIngress, false, "x"}})
		EXPECT_EQ(read_counter_key(counter_record(key)), key);
	const SlotEntry slot{63, 0x7fffffff, "fifteen-letters", true};
	EXPECT_EQ(read_slot(slot_record(slot), 63), slot);
	const BookHead head{4194304, ~0ULL, 0x0123456789abcdefULL};
	EXPECT_EQ(read_head(head_record(head)), head);
}

TEST(BookRecord, kinds_are_not_mistaken_for_each_other)
{
	EXPECT_FALSE(read_head(counter_record(kLongest)));
	EXPECT_FALSE(read_slot(counter_record(kLongest), 0));
	EXPECT_FALSE(read_counter_key(slot_record({1, 2, "eth0", false})));
	EXPECT_FALSE(read_slot(head_record({1, 2, 3}), 0));
}

TEST(BookRecord, one_that_was_never_written_is_whole_and_says_nothing)
{
	EXPECT_TRUE(is_whole({}));
	EXPECT_FALSE(read_counter_key({}));
	EXPECT_FALSE(read_slot({}, 0));
	EXPECT_FALSE(read_head({}));
}

TEST(BookRecord, every_bit_that_is_wrong_is_noticed)
{
	const fm_book_record good = counter_record(kLongest);
	EXPECT_TRUE(is_whole(good));
	for (std::size_t bit = 0; bit < sizeof(good) * 8; bit++) {
		fm_book_record bad = good;
		reinterpret_cast<unsigned char *>(&bad)[bit / 8] ^= static_cast<unsigned char>(
			1U << bit % 8);
		EXPECT_FALSE(is_whole(bad)) << bit;
		EXPECT_FALSE(read_counter_key(bad)) << bit;
	}
}

TEST(BookRecord, half_of_a_new_record_over_an_old_one_is_noticed)
{
	const fm_book_record before = counter_record({"lan0", kIngress, false, "voice"});
	const fm_book_record after = counter_record({"wan0", kEgress, true, "not_ip"});
	for (std::size_t bytes = 1; bytes < offsetof(fm_book_record, name) + 6; bytes++) {
		fm_book_record torn = before;
		std::copy_n(reinterpret_cast<const char *>(&after), bytes,
			    reinterpret_cast<char *>(&torn));
		EXPECT_FALSE(is_whole(torn)) << bytes;
	}
}

} // namespace flowmark
