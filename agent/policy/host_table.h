// SPDX-License-Identifier: Apache-2.0
// Host names to the table of bpf/hosts.h. Names that are in the same groups of names are
// one class; the table maps a name to its class, and the rules are written per class.
// Nothing here knows of rules, so a reload that leaves the names alone carries the table
// over.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <flowmark/abi.h>

#include "base/result.h"
#include "config/host_names.h"

namespace flowmark {

// The names of one set, or those written inline in one condition. Not copied.
using HostGroup = const HostNames *;

struct HostTable {
	std::vector<std::uint64_t> entries;		 // of fm_hosts' blocks, in order
	std::uint32_t log2 = 0;				 // of the buckets
	std::uint32_t names = 0;			 // different ones
	std::vector<std::vector<std::uint32_t>> classes; // class -> its groups, ascending;
							 // [0]: none
	std::uint64_t fingerprint = 0;			 // of the groups that it was made from
};

// Stands for the names and their grouping; equal groups have equal fingerprints,
// different ones differ but for chance of 2^-64.
std::uint64_t fingerprint(std::span<const HostGroup> groups);

// Fails if there are more than FM_MAX_HOSTS classes, or names that the packet path could
// not tell apart.
Result<std::shared_ptr<const HostTable>> build_host_table(std::span<const HostGroup> groups);

// The class of a name (lower case, A-labels, no trailing dot) as the packet path finds
// it. 0: no rule lists it.
std::uint32_t host_class(const HostTable &table, std::string_view name);

} // namespace flowmark
