// SPDX-License-Identifier: Apache-2.0
#include "policy/compiler.h"
#include "policy/condition.h"
#include "policy/condition_parsers.h"

namespace flowmark {

namespace {

void compile_address(Compiler &compiler)
{
	compiler.use_prefixes(FM_COND_address, FM_NET_EITHER);
}

} // namespace

extern const ConditionType kCondition_address{"address", kExpectsPrefix, SetKind::prefixes,
					      parse_prefix_value, compile_address};

} // namespace flowmark
