// SPDX-License-Identifier: Apache-2.0
// Compiled tables, ready for the host build of the packet path's lookups.
#pragma once

#include <cstring>
#include <vector>

#include "lookup/lookup.h"
#include "policy/compiler.h"

namespace flowmark::test {

class HostTables {
      public:
	// `tables` must outlive this.
	explicit HostTables(const PolicyTables &tables)
	{
		if (tables.nets) {
			net4_ = blocks<fm_net4_block>(tables.nets->net4_runs);
			net6_ = blocks<fm_net6_block>(tables.nets->net6);
		}
		if (tables.hosts)
			hosts_ = blocks<fm_host_block>(tables.hosts->entries);
		pointers_ = {tables.policy.get(), net4_.data(), net6_.data(), hosts_.data()};
		use();
	}

	[[nodiscard]] const fm_lookup_tables &pointers() const { return pointers_; }
	// For the lookups that follow, in this thread.
	void use() const { host_use_tables(&pointers_); }

      private:
	// As many whole blocks as the entries need, at least one.
	template <typename Block, typename Entry>
	static std::vector<Block> blocks(const std::vector<Entry> &entries)
	{
		std::vector<Block> out(1 + entries.size() * sizeof(Entry) / sizeof(Block));
		if (!entries.empty()) // memcpy must not be given the null of an empty vector
			std::memcpy(static_cast<void *>(out.data()), entries.data(),
				    entries.size() * sizeof(Entry));
		return out;
	}

	std::vector<fm_net4_block> net4_;
	std::vector<fm_net6_block> net6_;
	std::vector<fm_host_block> hosts_;
	fm_lookup_tables pointers_{};
};

} // namespace flowmark::test
