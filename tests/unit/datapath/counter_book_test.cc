// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "datapath/counter_book.h"

namespace flowmark {

namespace {

bool nobody(const std::string & /*interface*/)
{
	return false;
}

// `counters` of one interface.
void fill(CounterBook &book, const std::string &interface, std::size_t counters)
{
	for (std::size_t i = 0; i < counters; i++)
		book.index({interface, kIngress, false, fmt::to_string(i)});
}

} // namespace

TEST(CounterBook, a_key_has_one_counter_and_no_other_key_has_it)
{
	CounterBook book;
	std::set<std::uint16_t> seen;
	for (const Direction direction : {kIngress, kEgress})
		for (const bool is_reason : {false, true})
			for (const char *name : {"a", "b"}) {
				const CounterKey key{"eth0", direction, is_reason, name};
				const std::uint16_t index = book.index(key);
				EXPECT_NE(index, FM_COUNTER_LOST);
				EXPECT_TRUE(seen.insert(index).second);
				EXPECT_EQ(book.index(key), index);
			}
}

TEST(CounterBook, each_new_entry_is_told_of_once_before_it_is_used)
{
	std::vector<std::pair<std::uint16_t, CounterKey>> told;
	CounterBook book(
		[&](std::uint16_t index, const CounterKey &key) { told.emplace_back(index, key); });
	const CounterKey key{"eth0", kIngress, false, "voice"};
	const std::uint16_t index = book.index(key);
	book.index(key);
	ASSERT_EQ(told.size(), 1u);
	EXPECT_EQ(told[0], std::pair(index, key));
}

TEST(CounterBook, what_is_restored_is_not_given_to_others)
{
	CounterBook book;
	const CounterKey key{"eth0", kIngress, false, "voice"};
	book.restore(1, key);
	EXPECT_EQ(book.index(key), 1);
	EXPECT_NE(book.index({"eth1", kIngress, false, "voice"}), 1);
}

TEST(CounterBook, full)
{
	CounterBook book;
	fill(book, "eth0", FM_MAX_COUNTERS - 1);
	EXPECT_EQ(book.room(), 0u);
	EXPECT_EQ(book.index({"eth1", kIngress, false, "voice"}), FM_COUNTER_LOST);
	EXPECT_FALSE(book.has({"eth1", kIngress, false, "voice"}));
}

TEST(CounterBook, who_left_first_is_retired_first_and_the_living_never)
{
	CounterBook book;
	for (const char *name : {"before", "first", "here", "second", "third"})
		fill(book, name, 10);
	for (const char *name : {"second", "first", "third"})
		book.interface_left(name);
	const auto is_here = [](const std::string &name) { return name == "here"; };
	const CounterKey old{"before", kIngress, false, "0"},
		second{"second", kIngress, false, "0"}, first{"first", kIngress, false, "0"};
	EXPECT_EQ(book.retire(15, is_here).size(), 20u); // whole interfaces
	EXPECT_FALSE(book.has(old));			 // left before the agent started
	EXPECT_FALSE(book.has(second));
	EXPECT_TRUE(book.has(first));
	EXPECT_EQ(book.retire(FM_MAX_COUNTERS, is_here).size(), 20u);
	EXPECT_EQ(book.entries().size(), 10u);
	EXPECT_TRUE(book.retire(1, is_here).empty());
}

TEST(CounterBook, a_retired_counter_rests_until_it_is_handed_back)
{
	CounterBook book;
	fill(book, "gone", FM_MAX_COUNTERS - 1);
	const auto retired = book.retire(1, nobody);
	EXPECT_EQ(retired.size(), FM_MAX_COUNTERS - 1);
	EXPECT_EQ(book.room(), 0u);
	EXPECT_EQ(book.index({"new", kIngress, false, "voice"}), FM_COUNTER_LOST);
	book.hand_back(retired);
	EXPECT_EQ(book.room(), FM_MAX_COUNTERS - 1);
	EXPECT_NE(book.index({"new", kIngress, false, "voice"}), FM_COUNTER_LOST);
}

} // namespace flowmark
