// SPDX-License-Identifier: Apache-2.0
#include "datapath/name_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "datapath/flow_memory.h"

namespace flowmark {

namespace {

template <typename Value, typename Key>
std::optional<Value> look_up(int map_fd, const Key &key)
{
	Value value{};
	if (bpf_map_lookup_elem(map_fd, &key, &value) != 0)
		return std::nullopt;
	return value;
}

// As bpf/names.h places it.
std::size_t filter_cell(std::uint64_t hash)
{
	return hash >> 48 & (FM_NAME_FILTER - 1);
}

} // namespace

// The name first: a packet that decides in between remembers what it knew then, and
// forgets it here.
void NameMaps::put_name(const fm_flow_key &key, std::uint64_t hash, const fm_name &name)
{
	if (bpf_map_update_elem(object_.names_fd(), &key, &name, BPF_EXIST) != 0 &&
	    bpf_map_update_elem(object_.new_names_fd(), &key, &name, BPF_ANY) != 0)
		return;
	object_.name_seen()[filter_cell(hash)] = 1;
	forget_decision(object_, hash);
}

std::optional<fm_binding> NameMaps::find_binding(const fm_binding_key &key) const
{
	return look_up<fm_binding>(object_.bindings_fd(), key);
}

bool NameMaps::is_public_name(std::uint64_t hash) const
{
	return look_up<std::uint8_t>(object_.public_names_fd(), hash).has_value();
}

void NameMaps::put(const fm_binding_key &key, const fm_binding &binding)
{
	bpf_map_update_elem(object_.bindings_fd(), &key, &binding, BPF_ANY);
	object_.has_bindings() = 1;
}

void NameMaps::put_public_name(std::uint64_t hash)
{
	const std::uint8_t known = 1;
	bpf_map_update_elem(object_.public_names_fd(), &hash, &known, BPF_ANY);
}

void NameMaps::forget_public_name(std::uint64_t hash)
{
	bpf_map_delete_elem(object_.public_names_fd(), &hash);
}

std::optional<fm_name> NameMaps::name_of(const fm_flow_key &key) const
{
	auto name = look_up<fm_name>(object_.names_fd(), key);
	return name ? name : look_up<fm_name>(object_.new_names_fd(), key);
}

void NameMaps::forget(const fm_flow_key &key)
{
	bpf_map_delete_elem(object_.names_fd(), &key);
	bpf_map_delete_elem(object_.new_names_fd(), &key);
}

void NameMaps::forget_all()
{
	for (const int names : {object_.names_fd(), object_.new_names_fd()})
		empty_map(names, sizeof(fm_flow_key), sizeof(fm_name));
	empty_map(object_.bindings_fd(), sizeof(fm_binding_key), sizeof(fm_binding));
	empty_map(object_.public_names_fd(), sizeof(std::uint64_t), sizeof(std::uint8_t));
	std::fill_n(object_.name_seen(), FM_NAME_FILTER, std::uint8_t{0});
}

std::array<std::uint64_t, FM_NAME_EVENT_COUNT> NameMaps::events() const
{
	std::array<std::uint64_t, FM_NAME_EVENT_COUNT> sums{};
	std::vector<std::uint64_t> cpus(static_cast<std::size_t>(libbpf_num_possible_cpus()));
	for (std::uint32_t i = 0; i < FM_NAME_EVENT_COUNT; i++)
		if (bpf_map_lookup_elem(object_.name_events_fd(), &i, cpus.data()) == 0)
			sums[i] = std::accumulate(cpus.begin(), cpus.end(), std::uint64_t{0});
	return sums;
}

} // namespace flowmark
