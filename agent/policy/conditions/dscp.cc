// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.h"
#include "policy/compiler.h"
#include "policy/condition.h"
#include "policy/condition_parsers.h"

namespace flowmark {

namespace {

bool parse_dscp_value(std::string_view text, Values &values)
{
	return parse_single_value(parse_dscp(text), values);
}

void compile_dscp(Compiler &compiler)
{
	compiler.fill_ranges(FM_COND_dscp, compiler.policy().dscp);
}

} // namespace

extern const ConditionType kCondition_dscp{
	"dscp", "a DSCP by name (EF, AF41, CS5, LE, ...) or number (0-63)", SetKind::none,
	parse_dscp_value, compile_dscp};

} // namespace flowmark
