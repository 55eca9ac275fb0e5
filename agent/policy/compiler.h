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
#include "policy/net_tables.h"
#include "policy/rule_bits.h"

namespace flowmark {

struct PolicyTables {
	std::unique_ptr<fm_policy> policy; // generation and interfaces' rows still 0
	std::shared_ptr<const NetTables> nets;
	std::uint32_t rows = 0; // in use, of max_rows
	std::uint32_t max_rows = 0;
};

// Compiles `config`. `previous` (may be null) is carried over if its prefixes are
// the same. Fails when the policy needs more bitmaps or address classes than fit.
Result<PolicyTables> compile(const Config &config, std::shared_ptr<const NetTables> previous);

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

	// Calls every condition's compile function, then lays out the address rows.
	Result<PolicyTables> run(std::shared_ptr<const NetTables> previous);

      private:
	struct GroupUse {
		std::uint32_t group;
		std::uint32_t rule;
		fm_net_role role;
	};

	std::uint32_t group_of_set(std::uint32_t set);
	void use_group(std::uint32_t group, std::uint32_t rule, fm_net_role role);
	void write_row(std::uint32_t row, const RuleBits &bits);
	Result<void> write_net_rows(const NetTables &nets);
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
	bool full_ = false; // a row did not fit
};

} // namespace flowmark
