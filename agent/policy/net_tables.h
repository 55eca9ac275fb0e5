// SPDX-License-Identifier: Apache-2.0
// Prefixes to the tables of bpf/net4.h and bpf/net6.h. Addresses that lie in the
// same groups of prefixes are one class; the tables map an address to its class,
// and the rules are written per class. Nothing here knows of rules, so a reload
// that leaves the prefixes alone carries the tables over.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <flowmark/abi.h>

#include "base/result.h"
#include "config/config.h"

namespace flowmark {

// The prefixes of one set, or those written inline in one condition.
using PrefixGroup = std::span<const Prefix>;

struct NetTables {
	std::vector<std::uint32_t> net4_top;		 // FM_POLICY.net4: 65,536 entries
	std::vector<std::uint32_t> net4_runs;		 // entries of fm_net4's blocks, in order
	std::vector<fm_net6_node> net6;			 // nodes of fm_net6's blocks, in order
	std::uint32_t net6_nodes = 0;			 // of the first tree
	std::vector<std::vector<std::uint32_t>> classes; // class -> its groups, ascending; [0]:
							 // none
	std::uint64_t fingerprint = 0;			 // of the groups that it was made from
};

// Stands for the prefixes and their grouping; equal groups have equal
// fingerprints, different ones differ but for chance of 2^-64.
std::uint64_t fingerprint(std::span<const PrefixGroup> groups);

// Fails if there are more than FM_MAX_NETS classes.
Result<std::shared_ptr<const NetTables>> build_net_tables(std::span<const PrefixGroup> groups);

} // namespace flowmark
