// SPDX-License-Identifier: Apache-2.0
#include "datapath/policy_writer.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cstring>

#include "datapath/flow_memory.h"

namespace flowmark {

namespace {

// Of <linux/bpf.h>: BPF_F_MMAPABLE 5.5, BPF_F_INNER_MAP 5.10.
constexpr std::uint32_t kInnerFlags = 1U << 10 | 1U << 12;

// An inner array of as many blocks as `bytes` of `data` need, at least one.
Result<UniqueFd> create_blocks(const char *name, std::size_t block_bytes, const void *data,
			       std::size_t bytes)
{
	DECLARE_LIBBPF_OPTS(bpf_map_create_opts, options);
	options.map_flags = kInnerFlags;
	const auto blocks = static_cast<std::uint32_t>(
		std::max<std::size_t>(1, (bytes + block_bytes - 1) / block_bytes));
	UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(std::uint32_t),
				    static_cast<std::uint32_t>(block_bytes), blocks, &options));
	if (!map.valid())
		return errno_error("cannot create a table of prefixes or names");
	if (bytes == 0)
		return map;
	auto window = MapWindow::open(map.fd(), blocks * block_bytes);
	if (!window)
		return window.error();
	std::memcpy(window->data(), data, bytes);
	return map;
}

Result<void> place(int outer, std::uint32_t slot, const UniqueFd &inner)
{
	const int fd = inner.fd();
	if (bpf_map_update_elem(outer, &slot, &fd, BPF_ANY) != 0)
		return errno_error("cannot place a table of prefixes or names");
	return {};
}

} // namespace

PolicySlot PolicyWriter::live()
{
	const std::uint32_t slot = object_.generation() & 1;
	return {object_.policies()[slot], object_.views(slot)};
}

PolicySlot PolicyWriter::staged()
{
	const std::uint32_t slot = (object_.generation() + 1) & 1;
	return {object_.policies()[slot], object_.views(slot)};
}

Result<LiveTables> PolicyWriter::live_tables() const
{
	const std::uint32_t slot = object_.generation() & 1;
	const InnerMaps &maps = placed_[slot];
	if (!maps.net4)
		return Error{"no policy is in force yet"};
	return LiveTables::open(object_.policies()[slot], maps.net4->fd(), maps.net6->fd(),
				maps.hosts->fd());
}

Result<void> PolicyWriter::create_nets(const NetTables &nets)
{
	auto net4 = create_blocks("fm_net4_runs", sizeof(fm_net4_block), nets.net4_runs.data(),
				  nets.net4_runs.size() * sizeof(std::uint32_t));
	if (!net4)
		return net4.error();
	auto net6 = create_blocks("fm_net6_nodes", sizeof(fm_net6_block), nets.net6.data(),
				  nets.net6.size() * sizeof(fm_net6_node));
	if (!net6)
		return net6.error();
	maps_.net4 = std::make_shared<const UniqueFd>(std::move(*net4));
	maps_.net6 = std::make_shared<const UniqueFd>(std::move(*net6));
	return {};
}

Result<void> PolicyWriter::create_hosts(const HostTable &hosts)
{
	auto blocks = create_blocks("fm_host_entries", sizeof(fm_host_block), hosts.entries.data(),
				    hosts.entries.size() * sizeof(std::uint64_t));
	if (!blocks)
		return blocks.error();
	maps_.hosts = std::make_shared<const UniqueFd>(std::move(*blocks));
	return {};
}

// Also when the maps are carried over they are placed anew: the kernel waits for a
// grace period after an update of a map of maps, and with that no packet is left
// that read the idle slot's generation before the last flip.
Result<void> PolicyWriter::stage_shared(const SharedTables &tables, std::uint32_t slot)
{
	if (tables.nets != shared_.nets) {
		if (auto created = create_nets(*tables.nets); !created)
			return created;
		shared_.nets = tables.nets;
	}
	if (tables.hosts != shared_.hosts) {
		if (auto created = create_hosts(*tables.hosts); !created)
			return created;
		shared_.hosts = tables.hosts;
	}
	if (auto placed = place(object_.net4_fd(), slot, *maps_.net4); !placed)
		return placed;
	if (auto placed = place(object_.net6_fd(), slot, *maps_.net6); !placed)
		return placed;
	if (auto placed = place(object_.hosts_fd(), slot, *maps_.hosts); !placed)
		return placed;
	placed_[slot] = maps_;
	return {};
}

Result<void> PolicyWriter::stage(const PolicyTables &tables)
{
	const std::uint32_t generation = object_.generation() + 1;
	if (auto placed = stage_shared(tables, generation & 1); !placed)
		return placed;
	const PolicySlot to = staged();
	// Only the rows in use: the array behind them is two thirds of the policy.
	const std::size_t head = offsetof(fm_policy, rows);
	const std::size_t rows = std::size_t{tables.rows} * tables.policy->stride *
				 sizeof(std::uint64_t);
	std::memcpy(static_cast<void *>(&to.policy), tables.policy.get(), head + rows);
	to.policy.generation = generation;
	return {};
}

void PolicyWriter::flip()
{
	const std::uint32_t generation = object_.generation() + 1;
	// Remembered decisions carry eight bits of their generation. Once in 256 the
	// bits begin again, and what is older must not look new.
	if ((generation & 0xff) == 0)
		forget_decisions(object_);
	object_.set_generation(generation);
}

// An update of a map of maps waits for a grace period. Before the first policy of
// this process there is no table of its own to place again, and nobody reads the
// idle slot's.
Result<void> PolicyWriter::wait_for_packets()
{
	if (const InnerMaps &live = placed_[object_.generation() & 1]; live.net4)
		return place(object_.net4_fd(), object_.generation() & 1, *live.net4);
	const auto empty = create_blocks("fm_net4_runs", sizeof(fm_net4_block), nullptr, 0);
	if (!empty)
		return empty.error();
	return place(object_.net4_fd(), (object_.generation() + 1) & 1, *empty);
}

} // namespace flowmark
