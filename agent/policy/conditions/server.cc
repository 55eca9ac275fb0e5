// SPDX-License-Identifier: Apache-2.0
#include "policy/compiler.h"
#include "policy/condition.h"
#include "policy/condition_parsers.h"

namespace flowmark {

namespace {

void compile_server(Compiler &compiler)
{
	compiler.use_prefixes(FM_COND_server, FM_NET_SERVER);
}

} // namespace

extern const ConditionType kCondition_server{"server", kExpectsPrefix, SetKind::prefixes,
					     parse_prefix_value, compile_server};

} // namespace flowmark
