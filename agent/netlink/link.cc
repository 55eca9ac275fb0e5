// SPDX-License-Identifier: Apache-2.0
#include "netlink/link.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace flowmark {

namespace {

int take_attribute(const nlattr *attribute, void *out)
{
	Link &link = *static_cast<Link *>(out);
	const unsigned type = mnl_attr_get_type(attribute);
	if (type == IFLA_IFNAME && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
		link.name = mnl_attr_get_str(attribute);
	if (type == IFLA_MTU && mnl_attr_validate(attribute, MNL_TYPE_U32) == 0)
		link.mtu = mnl_attr_get_u32(attribute);
	return MNL_CB_OK;
}

} // namespace

std::optional<LinkMessage> parse_link_message(const nlmsghdr &message)
{
	if (message.nlmsg_type != RTM_NEWLINK && message.nlmsg_type != RTM_DELLINK)
		return std::nullopt;
	if (mnl_nlmsg_get_payload_len(&message) < sizeof(ifinfomsg))
		return std::nullopt;
	const auto *info = static_cast<const ifinfomsg *>(mnl_nlmsg_get_payload(&message));
	if (info->ifi_family != AF_UNSPEC || info->ifi_index <= 0)
		return std::nullopt;
	LinkMessage out{{info->ifi_index, {}, info->ifi_type, 0},
			message.nlmsg_type == RTM_DELLINK};
	mnl_attr_parse(&message, sizeof(ifinfomsg), take_attribute, &out.link);
	if (out.link.name.empty() && !out.gone)
		return std::nullopt;
	return out;
}

} // namespace flowmark
