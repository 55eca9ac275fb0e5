// SPDX-License-Identifier: Apache-2.0
#include "datapath/counter_book.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace flowmark {

std::uint16_t CounterBook::index(const CounterKey &key)
{
	if (const auto found = book_.find(key); found != book_.end())
		return found->second;
	if (room() == 0)
		return FM_COUNTER_LOST;
	const auto index = static_cast<std::uint16_t>(book_.size() + 1);
	return book_[key] = index;
}

CounterSum read_counter(int map_fd, std::uint32_t index)
{
	static const int cpus = libbpf_num_possible_cpus();
	std::vector<fm_counter> values(static_cast<std::size_t>(cpus));
	CounterSum sum;
	if (bpf_map_lookup_elem(map_fd, &index, values.data()) != 0)
		return sum;
	for (const fm_counter &value : values) {
		for (const fm_count &count : value.count) {
			sum.packets += count.packets;
			sum.bytes += count.bytes;
		}
		sum.marked += value.count[1].packets;
	}
	return sum;
}

CounterSum read_drops(int map_fd, std::uint32_t index)
{
	static const int cpus = libbpf_num_possible_cpus();
	std::vector<fm_count> values(static_cast<std::size_t>(cpus));
	CounterSum sum;
	if (bpf_map_lookup_elem(map_fd, &index, values.data()) != 0)
		return sum;
	for (const fm_count &value : values) {
		sum.packets += value.packets;
		sum.bytes += value.bytes;
	}
	return sum;
}

} // namespace flowmark
