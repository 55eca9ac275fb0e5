// SPDX-License-Identifier: Apache-2.0
#include "config/scalars.h"
#include "policy/compiler.h"
#include "policy/condition.h"
#include "policy/condition_parsers.h"

namespace flowmark {

namespace {

bool parse_protocol_value(std::string_view text, Values &values)
{
	return parse_single_value(parse_protocol(text), values);
}

void compile_protocol(Compiler &compiler)
{
	compiler.fill_ranges(FM_COND_protocol, compiler.policy().protocol);
}

} // namespace

extern const ConditionType kCondition_protocol{
	"protocol", "a protocol by name (tcp, udp, icmp, ...) or number (0-255)", SetKind::none,
	parse_protocol_value, compile_protocol};

} // namespace flowmark
