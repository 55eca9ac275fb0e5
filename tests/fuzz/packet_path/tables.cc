// SPDX-License-Identifier: Apache-2.0
#include "fuzz/packet_path/tables.h"

#include <linux/bpf.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "fuzz/fuzz.h"
#include "fuzz/packet_path/bpf/bpf_helpers.h"

namespace flowmark::fuzz {

namespace {

using Value = std::unique_ptr<std::uint8_t[]>; // apart, so that ASan sees its ends
constexpr std::uint64_t kStart = 1'000'000'000'000;

struct Table {
	host_map shape{};
	std::map<std::string, Value> entries; // by the bytes of the key
};

std::map<const void *, Table> tables;
std::vector<std::vector<std::uint8_t>> ring;
std::uint64_t now_ns = kStart;

Table &table_of(const host_map &map)
{
	Table &table = tables[map.map];
	table.shape = map;
	return table;
}

std::string key_of(const host_map &map, const void *key)
{
	return {static_cast<const char *>(key), map.key_size};
}

bool is_array(const host_map &map)
{
	return map.type == BPF_MAP_TYPE_ARRAY || map.type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

// An array's entry, 0 at first.
void *array_entry(const host_map &map, const void *key)
{
	std::uint32_t index = 0;
	std::memcpy(&index, key, sizeof(index));
	if (index >= map.max_entries)
		return nullptr;
	Value &value = table_of(map).entries[key_of(map, key)];
	if (!value)
		value = std::make_unique<std::uint8_t[]>(map.value_size);
	return value.get();
}

} // namespace

void reset_tables()
{
	tables.clear();
	ring.clear();
	now_ns = kStart;
}

void pass_time(std::uint64_t ns)
{
	now_ns += ns;
}

const std::vector<std::vector<std::uint8_t>> &punted()
{
	return ring;
}

void forget_punted()
{
	ring.clear();
}

std::vector<fm_name> learned_names()
{
	std::vector<fm_name> names;
	for (const auto &[map, table] : tables) {
		if (table.shape.key_size != sizeof(fm_flow_key) ||
		    table.shape.value_size != sizeof(fm_name))
			continue;
		for (const auto &[key, value] : table.entries)
			std::memcpy(&names.emplace_back(), value.get(), sizeof(fm_name));
	}
	return names;
}

} // namespace flowmark::fuzz

using namespace flowmark::fuzz;

void *host_lookup(const host_map *map, const void *key)
{
	if (is_array(*map))
		return array_entry(*map, key);
	auto &entries = table_of(*map).entries;
	const auto found = entries.find(key_of(*map, key));
	return found == entries.end() ? nullptr : found->second.get();
}

long host_update(const host_map *map, const void *key, const void *value)
{
	Value copy = std::make_unique<std::uint8_t[]>(map->value_size);
	std::memcpy(copy.get(), value, map->value_size);
	table_of(*map).entries[key_of(*map, key)] = std::move(copy);
	return 0;
}

long host_delete(const host_map *map, const void *key)
{
	return table_of(*map).entries.erase(key_of(*map, key)) == 1 ? 0 : -ENOENT;
}

long host_punted(const void *bytes, __u64 size)
{
	const auto *first = static_cast<const std::uint8_t *>(bytes);
	ring.emplace_back(first, first + size);
	return 0;
}

// As the kernel's: what does not lie in the packet whole is refused, and `to` is zeroed.
long host_load_bytes(const host_skb *skb, __u32 offset, void *to, __u32 length)
{
	require(length > 0, "the verifier lets no load of 0 bytes pass");
	if (offset > INT_MAX || offset > skb->len || length > skb->len - offset) {
		std::memset(to, 0, length);
		return -EFAULT;
	}
	std::memcpy(to, reinterpret_cast<const void *>(skb->data + offset), length);
	return 0;
}

__u64 host_now(void)
{
	return now_ns;
}
