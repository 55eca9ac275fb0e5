// SPDX-License-Identifier: Apache-2.0
// Compiled tables, ready for the host build of the packet path's lookups.
#pragma once

#include <cstring>
#include <vector>

#include "policy/compiler.h"
#include "tables.h"

namespace flowmark::test {

class HostTables {
      public:
	// `tables` must outlive this.
	explicit HostTables(const PolicyTables &tables)
		: net4_(1 + tables.nets->net4_runs.size() / FM_NET4_BLOCK_ENTRIES),
		  net6_(1 + tables.nets->net6.size() / FM_NET6_BLOCK_NODES)
	{
		// memcpy must not be given the null of an empty vector
		if (const auto &runs = tables.nets->net4_runs; !runs.empty())
			std::memcpy(net4_.data(), runs.data(), runs.size() * sizeof(runs[0]));
		if (const auto &nodes = tables.nets->net6; !nodes.empty())
			std::memcpy(static_cast<void *>(net6_.data()), nodes.data(),
				    nodes.size() * sizeof(nodes[0]));
		pointers_ = {tables.policy.get(), net4_.data(), net6_.data()};
		host_use_tables(&pointers_);
	}

      private:
	std::vector<fm_net4_block> net4_;
	std::vector<fm_net6_block> net6_;
	host_tables pointers_{};
};

} // namespace flowmark::test
