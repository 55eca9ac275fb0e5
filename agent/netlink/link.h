// SPDX-License-Identifier: Apache-2.0
// What a route netlink message says about an interface.
#pragma once

#include <linux/netlink.h>

#include <optional>
#include <string>

namespace flowmark {

struct Link {
	int ifindex = 0;
	std::string name;
	unsigned arphrd = 0; // ARPHRD_*
	unsigned mtu = 0;

	auto operator<=>(const Link &) const = default;
};

struct LinkMessage {
	Link link;
	bool gone = false;
};

// Nothing if the message is not about an interface as such. A bridge announces
// its ports by the same message types with family AF_BRIDGE, and takes a port
// for "deleted" that has only left the bridge. `message` must be whole.
std::optional<LinkMessage> parse_link_message(const nlmsghdr &message);

} // namespace flowmark
