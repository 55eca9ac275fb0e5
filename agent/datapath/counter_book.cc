// SPDX-License-Identifier: Apache-2.0
#include "datapath/counter_book.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>

namespace flowmark {

namespace {

template <typename Value>
std::vector<Value> one_per_cpu()
{
	static const int cpus = libbpf_num_possible_cpus();
	return std::vector<Value>(static_cast<std::size_t>(cpus));
}

} // namespace

std::uint16_t CounterBook::index(const CounterKey &key)
{
	if (const auto found = book_.find(key); found != book_.end())
		return found->second;
	if (room() == 0)
		return FM_COUNTER_LOST;
	while (used_[next_] || next_ == FM_COUNTER_LOST)
		next_ = (next_ + 1) % FM_MAX_COUNTERS;
	const auto index = static_cast<std::uint16_t>(next_);
	if (on_new_)
		on_new_(index, key);
	used_[index] = true;
	return book_[key] = index;
}

void CounterBook::restore(std::uint16_t index, const CounterKey &key)
{
	used_[index] = true;
	book_[key] = index;
}

// In the order of their departure. What had gone before the agent started has no
// date and comes first.
std::vector<std::string>
CounterBook::gone(const std::function<bool(const std::string &)> &is_here) const
{
	std::vector<std::string> names;
	for (const auto &[key, index] : book_)
		if ((names.empty() || names.back() != key.interface) && !is_here(key.interface))
			names.push_back(key.interface);
	const auto departure = [&](const std::string &name) {
		const auto found = left_.find(name);
		return found == left_.end() ? 0 : found->second;
	};
	std::stable_sort(names.begin(), names.end(),
			 [&](const auto &a, const auto &b) { return departure(a) < departure(b); });
	return names;
}

std::vector<std::uint16_t>
CounterBook::retire(std::size_t wanted, const std::function<bool(const std::string &)> &is_here)
{
	std::vector<std::uint16_t> counters;
	for (const std::string &name : gone(is_here)) {
		if (counters.size() >= wanted)
			break;
		// The first key of an interface is the least that bears its name.
		auto entry = book_.lower_bound({name, kIngress, false, ""});
		while (entry != book_.end() && entry->first.interface == name) {
			counters.push_back(entry->second);
			entry = book_.erase(entry);
		}
		left_.erase(name);
	}
	resting_ += counters.size();
	return counters;
}

void CounterBook::hand_back(const std::vector<std::uint16_t> &counters)
{
	for (const std::uint16_t index : counters)
		used_[index] = false;
	resting_ -= counters.size();
}

CounterSum read_counter(int map_fd, std::uint32_t index)
{
	auto values = one_per_cpu<fm_counter>();
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
	auto values = one_per_cpu<fm_count>();
	CounterSum sum;
	if (bpf_map_lookup_elem(map_fd, &index, values.data()) != 0)
		return sum;
	for (const fm_count &value : values) {
		sum.packets += value.packets;
		sum.bytes += value.bytes;
	}
	return sum;
}

void empty_counter(int counters_fd, int drops_fd, std::uint32_t index)
{
	const auto zeros = one_per_cpu<fm_counter>();
	const auto no_drops = one_per_cpu<fm_count>();
	// arrays: their elements are there
	bpf_map_update_elem(counters_fd, &index, zeros.data(), BPF_ANY);
	bpf_map_update_elem(drops_fd, &index, no_drops.data(), BPF_ANY);
}

} // namespace flowmark
