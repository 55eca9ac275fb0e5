// SPDX-License-Identifier: Apache-2.0
// Config to table images: pure, without privileges, the same input always giving
// the same tables. What depends on the interfaces that exist at the moment is
// bound later (policy/bind.h).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <flowmark/abi.h>

#include "base/result.h"
#include "config/config.h"
#include "policy/host_table.h"
#include "policy/net_tables.h"
#include "policy/rule_bits.h"

namespace flowmark {

// What says nothing of rules, and so may outlive a policy.
struct SharedTables {
	std::shared_ptr<const NetTables> nets;
	std::shared_ptr<const HostTable> hosts;
};

struct PolicyTables : SharedTables {
	std::unique_ptr<fm_policy> policy; // generation and interfaces' rows still 0
	std::uint32_t rows = 0;		   // in use, of max_rows
	std::uint32_t max_rows = 0;
};

// Compiles `config`. What is given of `previous` is carried over if its prefixes, its names
// are the same. Fails when the policy needs more bitmaps, address or name classes than fit.
Result<PolicyTables> compile(const Config &config, SharedTables previous);

// The workshop of one compilation, for the conditions' compile functions.
class Compiler {
      public:
	explicit Compiler(const Config &config);

	[[nodiscard]] const Config &config() const { return config_; }
	[[nodiscard]] fm_policy &policy() { return *policy_; }

	// The rules that do not set this condition: nothing speaks against them.
	[[nodiscard]] RuleBits indifferent(fm_condition condition) const;

	// The number of the row that holds `bits`; equal rows are stored once.
	std::uint16_t row(const RuleBits &bits);

	// Fills rows[0, domain) for a condition whose values are numbers, sets
	// included: for each number the rules that do not object to it.
	void fill_ranges(fm_condition condition, std::span<std::uint16_t> rows);

	// The prefixes of one condition of one rule.
	void use_prefixes(fm_condition condition, fm_net_role role);

	// The names of the condition `host`.
	void use_hosts();

	// Calls every condition's compile function, then lays out the rows of addresses and
	// names.
	Result<PolicyTables> run(SharedTables previous);

      private:
	struct GroupUse {
		std::uint32_t group;
		std::uint32_t rule;
		fm_net_role role;
	};

	std::uint32_t group_of_set(std::uint32_t set);
	void use_group(std::uint32_t group, std::uint32_t rule, fm_net_role role);
	void use_host_group(HostGroup group, std::uint32_t rule);
	void write_row(std::uint32_t row, const RuleBits &bits);
	Result<void> check_room(std::size_t rows) const;
	Result<void> add_nets(SharedTables &tables);
	Result<void> add_hosts(SharedTables &tables);
	Result<void> write_net_rows(const NetTables &nets);
	Result<void> write_host_rows(const HostTable &hosts);
	void write_header();
	void write_rates();

	const Config &config_;
	std::unique_ptr<fm_policy> policy_;
	std::uint32_t next_row_ = FM_ROW_FREE;
	std::uint32_t max_rows_ = 0;
	std::unordered_map<RuleBits, std::uint16_t, RuleBitsHash> row_ids_;
	std::vector<PrefixGroup> groups_;
	std::unordered_map<std::uint32_t, std::uint32_t> set_groups_;
	std::vector<std::vector<GroupUse>> uses_; // by group
	std::array<RuleBits, FM_NET_ROLES> net_base_;
	std::vector<HostGroup> host_groups_;
	std::vector<std::vector<std::uint32_t>> host_rules_; // by group
	std::unordered_map<HostGroup, std::uint32_t> host_group_ids_;
	bool full_ = false; // a row did not fit
};

} // namespace flowmark
