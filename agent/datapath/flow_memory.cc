// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow_memory.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>

#include <algorithm>
#include <atomic>
#include <vector>

namespace flowmark {

namespace {

// Of struct fm_view: what both ends have in common, as bpf/flow_key.h places it.
constexpr unsigned kProtocolShift = 16, kVlanShift = 24;
// An entry's tag without its upper bits, which may carry what the decision rested on
// (bpf/recall.h).
constexpr unsigned kBasisBits = 8;
constexpr std::uint64_t kTagBits = (1ULL << (64 - FM_ENTRY_TAG_SHIFT - kBasisBits)) - 1;

std::uint64_t address_sum(const fm_view &view, const __u64 *address, std::uint8_t family)
{
	const auto word = [&](int half, unsigned shift) -> std::uint64_t {
		return htonl(static_cast<std::uint32_t>(address[half] >> shift));
	};
	if (family == 4)
		return word(1, 0) * view.seed[0];
	return word(0, 32) * view.seed[0] + word(0, 0) * view.seed[1] + word(1, 32) * view.seed[2] +
	       word(1, 0) * view.seed[3];
}

// The seeds are the same in every view.
const fm_view &any_view(const BpfObject &object)
{
	return *object.views(0);
}

} // namespace

void empty_map(int map_fd, std::size_t key_bytes, std::size_t value_bytes)
{
	constexpr std::uint32_t kBatch = 1024;
	std::vector<char> keys(kBatch * key_bytes), values(kBatch * value_bytes);
	std::uint32_t position = 0;
	bool first = true;
	int status = 0;
	while (status == 0) {
		std::uint32_t count = kBatch;
		status = bpf_map_lookup_and_delete_batch(map_fd, first ? nullptr : &position,
							 &position, keys.data(), values.data(),
							 &count, nullptr);
		first = false;
	}
}

std::uint64_t flow_hash(const BpfObject &object, const fm_flow_key &key)
{
	const fm_view &view = any_view(object);
	const std::uint64_t seed = view.seed[FM_SEEDS - 1];
	const std::uint64_t rest = static_cast<std::uint64_t>(key.iface) << FM_KEY_IFACE_SHIFT |
				   static_cast<std::uint64_t>(key.vlan) << kVlanShift |
				   static_cast<std::uint64_t>(key.protocol) << kProtocolShift;
	const std::uint64_t low = address_sum(view, key.low_addr, key.family) +
				  (htons(key.low_port) | rest) * seed;
	const std::uint64_t high = address_sum(view, key.high_addr, key.family) +
				   (htons(key.high_port) | rest) * seed;
	return (low | 1) * (high | 1);
}

void forget_decision(BpfObject &object, std::uint64_t hash)
{
	const std::uint64_t home = hash * (hash ^ hash >> 32) >> any_view(object).cache_shift;
	for (const std::uint64_t at : {home, home ^ 1}) {
		const std::atomic_ref entry(object.cache()[at]);
		std::uint64_t value = entry.load(std::memory_order_relaxed);
		// What the packet path has put there meanwhile stays.
		if (((value >> FM_ENTRY_TAG_SHIFT ^ hash) & kTagBits) == 0)
			entry.compare_exchange_strong(value, 0, std::memory_order_relaxed);
	}
}

void forget_decisions(BpfObject &object)
{
	for (std::uint32_t at = 0; at < object.cache_entries(); at++)
		std::atomic_ref(object.cache()[at]).store(0, std::memory_order_relaxed);
}

void forget_flows(BpfObject &object)
{
	forget_decisions(object);
	std::fill_n(object.exact_seen(), FM_EXACT_FILTER, std::uint8_t{0});
	empty_map(object.exact_fd(), sizeof(fm_flow_key), sizeof(fm_exact));
	empty_map(object.frags_fd(), sizeof(fm_frag_key), sizeof(fm_frag));
	empty_map(object.recent_fd(), sizeof(fm_flow_key), sizeof(fm_recent));
}

} // namespace flowmark
