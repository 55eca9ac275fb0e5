// SPDX-License-Identifier: Apache-2.0
#include "netlink/link.h"

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace flowmark {

namespace {

int take_name(const nlattr *attribute, void *name)
{
	if (mnl_attr_get_type(attribute) == IFLA_IFNAME &&
	    mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
		*static_cast<std::string *>(name) = mnl_attr_get_str(attribute);
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
	LinkMessage out{{info->ifi_index, {}, info->ifi_type}, message.nlmsg_type == RTM_DELLINK};
	mnl_attr_parse(&message, sizeof(ifinfomsg), take_name, &out.link.name);
	if (out.link.name.empty() && !out.gone)
		return std::nullopt;
	return out;
}

} // namespace flowmark
