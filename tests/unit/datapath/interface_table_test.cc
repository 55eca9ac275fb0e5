// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include <gtest/gtest.h>

#include "datapath/interface_table.h"

namespace flowmark {

namespace {

class InterfaceTableTest : public testing::Test {
      protected:
	std::vector<fm_iface_cell> cells_{FM_IFACE_CELLS};
	InterfaceTable table_{cells_.data()};
};

} // namespace

TEST_F(InterfaceTableTest, a_second_slot_takes_the_cell_of_the_first)
{
	ASSERT_TRUE(table_.publish(7, 3));
	ASSERT_TRUE(table_.publish(7, 4));
	EXPECT_EQ(table_.slot_of(7), 4u);
	std::size_t used = 0;
	for (const fm_iface_cell &cell : cells_)
		used += cell.ifindex != 0;
	EXPECT_EQ(used, 1u);
	table_.remove(7);
	EXPECT_EQ(table_.slot_of(7), std::nullopt);
}

TEST_F(InterfaceTableTest, probes_are_short_and_an_end_is_found)
{
	std::uint32_t placed = 0;
	for (std::uint32_t ifindex = 1; placed < FM_IFACE_PROBES; ifindex++)
		if (fm_iface_home(ifindex) == fm_iface_home(1)) {
			EXPECT_TRUE(table_.publish(ifindex, placed));
			EXPECT_EQ(table_.slot_of(ifindex), placed++);
		}
	for (std::uint32_t ifindex = 1 << 20;; ifindex++)
		if (fm_iface_home(ifindex) == fm_iface_home(1)) {
			EXPECT_FALSE(table_.publish(ifindex, 0));
			break;
		}
}

TEST_F(InterfaceTableTest, a_reserved_slot_is_not_given_away)
{
	table_.reserve(0);
	table_.reserve(5);
	for (unsigned i = 0; i < FM_MAX_INTERFACES - 2; i++) {
		const auto slot = table_.take_slot();
		ASSERT_TRUE(slot);
		EXPECT_TRUE(*slot != 0 && *slot != 5) << *slot;
	}
	EXPECT_EQ(table_.take_slot(), std::nullopt);
	EXPECT_EQ(table_.used(), FM_MAX_INTERFACES);
}

TEST_F(InterfaceTableTest, what_nobody_stands_for_is_removed)
{
	table_.publish(7, 1);
	table_.publish(8, 2);
	table_.remove_all_but([](std::uint32_t ifindex) { return ifindex == 8; });
	EXPECT_EQ(table_.slot_of(7), std::nullopt);
	EXPECT_EQ(table_.slot_of(8), 2u);
}

} // namespace flowmark
