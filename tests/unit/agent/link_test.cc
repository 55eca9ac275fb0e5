// SPDX-License-Identifier: Apache-2.0
#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

#include <gtest/gtest.h>

#include "netlink/link.h"

namespace flowmark {

namespace {

// A message as the kernel writes it.
struct Message {
	alignas(nlmsghdr) std::array<char, 512> bytes{};
	nlmsghdr *header = mnl_nlmsg_put_header(bytes.data());

	Message(std::uint16_t type, std::uint8_t family, int ifindex, const char *name)
	{
		header->nlmsg_type = type;
		auto *info = static_cast<ifinfomsg *>(
			mnl_nlmsg_put_extra_header(header, sizeof(ifinfomsg)));
		info->ifi_family = family;
		info->ifi_index = ifindex;
		info->ifi_type = ARPHRD_ETHER;
		mnl_attr_put_u32(header, IFLA_MTU, 1500);
		if (name != nullptr)
			mnl_attr_put_strz(header, IFLA_IFNAME, name);
	}
};

} // namespace

TEST(ParseLinkMessage, a_new_interface)
{
	const Message message(RTM_NEWLINK, AF_UNSPEC, 7, "eth0");
	const auto parsed = parse_link_message(*message.header);
	ASSERT_TRUE(parsed);
	EXPECT_EQ(parsed->link, (Link{7, "eth0", ARPHRD_ETHER, 1500}));
	EXPECT_FALSE(parsed->gone);
}

TEST(ParseLinkMessage, a_deleted_interface_needs_no_name)
{
	const Message message(RTM_DELLINK, AF_UNSPEC, 7, nullptr);
	const auto parsed = parse_link_message(*message.header);
	ASSERT_TRUE(parsed);
	EXPECT_EQ(parsed->link.ifindex, 7);
	EXPECT_TRUE(parsed->gone);
}

TEST(ParseLinkMessage, a_port_that_leaves_a_bridge_is_not_gone)
{
	const Message message(RTM_DELLINK, AF_BRIDGE, 7, "eth0");
	EXPECT_FALSE(parse_link_message(*message.header));
}

TEST(ParseLinkMessage, other_and_short_messages_are_passed_over)
{
	const Message route(RTM_NEWROUTE, AF_UNSPEC, 7, "eth0");
	EXPECT_FALSE(parse_link_message(*route.header));
	const Message nameless(RTM_NEWLINK, AF_UNSPEC, 7, nullptr);
	EXPECT_FALSE(parse_link_message(*nameless.header));
	Message cut(RTM_NEWLINK, AF_UNSPEC, 7, "eth0");
	cut.header->nlmsg_len = NLMSG_HDRLEN + sizeof(ifinfomsg) - 1;
	EXPECT_FALSE(parse_link_message(*cut.header));
}

} // namespace flowmark
