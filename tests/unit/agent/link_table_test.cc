// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "netlink/link_table.h"

namespace flowmark {

namespace {

// Writes down what it is told, as "+1 eth0" and "-1".
class LinkTableTest : public testing::Test {
      protected:
	std::vector<std::string> told_;
	LinkTable table_{{[this](const Link &link) {
				  told_.push_back(fmt::format("+{} {}", link.ifindex, link.name));
			  },
			  [this](int ifindex) { told_.push_back(fmt::format("-{}", ifindex)); }}};

	void dumped(int ifindex, const std::string &name)
	{
		table_.heard({{ifindex, name, 1}, false}, true);
	}
	void notified(int ifindex, const std::string &name, unsigned arphrd = 1)
	{
		table_.heard({{ifindex, name, arphrd}, false}, false);
	}
	void deleted(int ifindex) { table_.heard({{ifindex, "", 1}, true}, false); }

	std::vector<std::string> take() { return std::exchange(told_, {}); }
};

using Told = std::vector<std::string>;

} // namespace

TEST_F(LinkTableTest, an_interface_is_reported_once)
{
	notified(1, "eth0");
	notified(1, "eth0");
	EXPECT_EQ(take(), Told{"+1 eth0"});
}

TEST_F(LinkTableTest, a_new_name_or_type_is_reported)
{
	notified(1, "eth0");
	notified(1, "wan");
	notified(1, "wan", 512);
	EXPECT_EQ(take(), (Told{"+1 eth0", "+1 wan", "+1 wan"}));
}

TEST_F(LinkTableTest, what_is_not_known_cannot_go)
{
	deleted(1);
	notified(1, "eth0");
	deleted(1);
	deleted(1);
	EXPECT_EQ(take(), (Told{"+1 eth0", "-1"}));
}

TEST_F(LinkTableTest, what_a_dump_does_not_list_is_gone)
{
	notified(1, "eth0");
	notified(2, "eth1");
	take();
	table_.begin_dump();
	dumped(2, "eth1");
	dumped(3, "eth2");
	table_.end_dump();
	EXPECT_EQ(take(), (Told{"+3 eth2", "-1"}));
}

TEST_F(LinkTableTest, a_notification_during_a_dump_counts_as_listed)
{
	table_.begin_dump();
	dumped(1, "eth0");
	notified(2, "eth1");
	table_.end_dump();
	EXPECT_EQ(take(), (Told{"+1 eth0", "+2 eth1"}));
}

TEST_F(LinkTableTest, a_dump_does_not_bring_back_what_was_deleted_meanwhile)
{
	notified(1, "eth0");
	take();
	table_.begin_dump();
	deleted(1);
	dumped(1, "eth0");
	table_.end_dump();
	EXPECT_EQ(take(), Told{"-1"});
}

TEST_F(LinkTableTest, an_index_that_is_used_again_is_a_new_interface)
{
	table_.begin_dump();
	notified(1, "eth0");
	deleted(1);
	notified(1, "eth9");
	dumped(1, "eth9");
	table_.end_dump();
	EXPECT_EQ(take(), (Told{"+1 eth0", "-1", "+1 eth9"}));
}

} // namespace flowmark
