// SPDX-License-Identifier: Apache-2.0
#include <linux/if_arp.h>

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "netlink/link_monitor.h"

namespace flowmark {

TEST(LinkMonitor, the_first_dump_has_every_interface_of_this_namespace)
{
	auto loop = EventLoop::open();
	ASSERT_TRUE(loop.ok());
	std::vector<Link> links;
	auto monitor = LinkMonitor::open(
		**loop,
		{.up = [&](const Link &link) { links.push_back(link); }, .gone = [](int) {}},
		[&] { (*loop)->stop(); });
	ASSERT_TRUE(monitor.ok());
	(*loop)->run();
	const auto loopback = std::find_if(links.begin(), links.end(),
					   [](const Link &link) { return link.name == "lo"; });
	ASSERT_NE(loopback, links.end());
	EXPECT_EQ(loopback->ifindex, 1);
	EXPECT_EQ(loopback->arphrd, unsigned{ARPHRD_LOOPBACK});
}

} // namespace flowmark
