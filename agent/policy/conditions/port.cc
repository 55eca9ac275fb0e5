// SPDX-License-Identifier: Apache-2.0
#include "policy/compiler.h"
#include "policy/condition.h"
#include "policy/condition_parsers.h"

namespace flowmark {

namespace {

void compile_port(Compiler &compiler)
{
	fm_policy &policy = compiler.policy();
	compiler.fill_ranges(FM_COND_port, policy.port[FM_PORT_EITHER]);
	policy.no_port[FM_PORT_EITHER] = compiler.row(compiler.indifferent(FM_COND_port));
}

} // namespace

extern const ConditionType kCondition_port{"port", kExpectsPort, SetKind::ports, parse_port_value,
					   compile_port};

} // namespace flowmark
