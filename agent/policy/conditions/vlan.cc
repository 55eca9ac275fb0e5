// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.h"
#include "policy/compiler.h"
#include "policy/condition.h"
#include "policy/condition_parsers.h"

namespace flowmark {

namespace {

bool parse_vlan_value(std::string_view text, Values &values)
{
	const auto range = parse_range(text, 4094);
	if (!range || range->first == 0)
		return false;
	values.ranges.push_back(*range);
	return true;
}

void compile_vlan(Compiler &compiler)
{
	compiler.fill_ranges(FM_COND_vlan, compiler.policy().vlan);
}

} // namespace

extern const ConditionType kCondition_vlan{"vlan", "a VLAN id (1-4094) or a range of them",
					   SetKind::none, parse_vlan_value, compile_vlan};

} // namespace flowmark
