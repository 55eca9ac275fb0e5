// SPDX-License-Identifier: Apache-2.0
#include "netlink/link_table.h"

#include <vector>

namespace flowmark {

void LinkTable::begin_dump()
{
	heard_.clear();
	deceased_.clear();
}

void LinkTable::end_dump()
{
	std::vector<int> missing;
	for (const auto &[ifindex, link] : known_)
		if (!heard_.contains(ifindex))
			missing.push_back(ifindex);
	for (const int ifindex : missing)
		gone(ifindex);
}

void LinkTable::heard(const LinkMessage &message, bool from_dump)
{
	const int ifindex = message.link.ifindex;
	if (from_dump && deceased_.contains(ifindex))
		return;
	if (message.gone) {
		deceased_.insert(ifindex);
		gone(ifindex);
	} else {
		deceased_.erase(ifindex);
		up(message.link);
	}
}

void LinkTable::up(const Link &link)
{
	heard_.insert(link.ifindex);
	const auto [place, is_new] = known_.try_emplace(link.ifindex, link);
	if (!is_new && place->second == link)
		return;
	place->second = link;
	events_.up(link);
}

void LinkTable::gone(int ifindex)
{
	if (known_.erase(ifindex) > 0)
		events_.gone(ifindex);
}

} // namespace flowmark
