// SPDX-License-Identifier: Apache-2.0
#include "datapath/live_tables.h"

#include <bpf/bpf.h>

#include <utility>

namespace flowmark {

namespace {

Result<MapWindow> open_whole(int fd)
{
	bpf_map_info info{};
	std::uint32_t length = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &length) != 0)
		return errno_error("cannot ask for the size of a table of prefixes or names");
	return MapWindow::open(fd, std::size_t{info.value_size} * info.max_entries);
}

} // namespace

Result<LiveTables> LiveTables::open(const fm_policy &policy, int net4_fd, int net6_fd, int hosts_fd)
{
	LiveTables tables;
	tables.policy_ = &policy;
	for (const auto &[fd, window] :
	     {std::pair{net4_fd, &tables.net4_}, std::pair{net6_fd, &tables.net6_},
	      std::pair{hosts_fd, &tables.hosts_}}) {
		auto mapped = open_whole(fd);
		if (!mapped)
			return mapped.error();
		*window = std::move(*mapped);
	}
	return tables;
}

fm_lookup_tables LiveTables::tables() const
{
	return {policy_, static_cast<const fm_net4_block *>(net4_.data()),
		static_cast<const fm_net6_block *>(net6_.data()),
		static_cast<const fm_host_block *>(hosts_.data())};
}

} // namespace flowmark
