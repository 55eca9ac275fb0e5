// SPDX-License-Identifier: Apache-2.0
#include "policy/compiler.h"
#include "policy/condition.h"
#include "policy/condition_parsers.h"

namespace flowmark {

namespace {

void compile_client(Compiler &compiler)
{
	compiler.use_prefixes(FM_COND_client, FM_NET_CLIENT);
}

} // namespace

extern const ConditionType kCondition_client{"client", kExpectsPrefix, SetKind::prefixes,
					     parse_prefix_value, compile_client};

} // namespace flowmark
