// SPDX-License-Identifier: Apache-2.0
#include "config/host.h"
#include "policy/compiler.h"
#include "policy/condition.h"

namespace flowmark {

namespace {

bool parse_host_value(std::string_view text, Values &values)
{
	return parse_host(text, values.hosts);
}

void compile_host(Compiler &compiler)
{
	compiler.use_hosts();
}

} // namespace

extern const ConditionType kCondition_host{
	"host", "a host name (example.com), what is below one (\"*.example.com\") or @SET of hosts",
	SetKind::hosts, parse_host_value, compile_host};

} // namespace flowmark
