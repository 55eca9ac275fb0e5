// SPDX-License-Identifier: Apache-2.0
// Reading a whole hash map while the packet path writes it.
#pragma once

#include <bpf/bpf.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <vector>

namespace flowmark {

// Calls `visit(key, value)` for every entry, in batches. Entries that come or go
// meanwhile may be missed or seen twice; it always ends.
// False, with errno, if the kernel refused to go on.
template <typename Key, typename Value, typename Visit>
bool walk_map(int map_fd, std::uint32_t max_entries, Visit visit)
{
	constexpr std::uint32_t kBatch = 4096;
	std::vector<Key> keys(kBatch);
	std::vector<Value> values(kBatch);
	std::uint32_t position = 0;
	bool first = true;
	for (std::uint32_t seen = 0; seen <= max_entries;) {
		std::uint32_t count = kBatch;
		const int status = bpf_map_lookup_batch(map_fd, first ? nullptr : &position,
							&position, keys.data(), values.data(),
							&count, nullptr);
		if (status != 0 && errno != ENOENT)
			return false;
		for (std::uint32_t i = 0; i < count; i++)
			visit(keys[i], values[i]);
		if (status != 0)
			return true; // ENOENT: that was the last batch
		seen += count;
		first = false;
	}
	return true;
}

} // namespace flowmark
