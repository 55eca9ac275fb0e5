// SPDX-License-Identifier: Apache-2.0
// The interfaces as last heard of, and what is news in a message about one: the
// kernel repeats an interface for every change of its flags, its MTU, its queues.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "netlink/link.h"

namespace flowmark {

struct LinkEvents {
	std::function<void(const Link &)> up; // appeared, was renamed, or changed its type
	std::function<void(int ifindex)> gone;
};

class LinkTable {
      public:
	explicit LinkTable(LinkEvents events) : events_(std::move(events)) {}

	// A dump lists all interfaces; notifications go on coming in between. What
	// has not been heard of when it ends is gone.
	void begin_dump();
	void end_dump();

	void heard(const LinkMessage &message, bool from_dump);

      private:
	void up(const Link &link);
	void gone(int ifindex);

	LinkEvents events_;
	std::map<int, Link> known_;
	std::set<int> heard_;	 // since the dump began
	std::set<int> deceased_; // since the dump began; it may still list them
};

} // namespace flowmark
