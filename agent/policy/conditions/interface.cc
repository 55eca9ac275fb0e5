// SPDX-License-Identifier: Apache-2.0
#include "policy/compiler.h"
#include "policy/condition.h"

namespace flowmark {

namespace {

constexpr std::size_t kMaxGlob = 64; // of a glob; the kernel's names have at most 15 characters

bool parse_interface_value(std::string_view text, Values &values)
{
	const bool printable = text.find_first_of(" \t/") == std::string_view::npos;
	if (text.empty() || text.size() > kMaxGlob || !printable)
		return false;
	values.names.emplace_back(text);
	return true;
}

// Which interfaces there are is not known yet: policy/bind.h writes the rows.
void compile_interface(Compiler & /*compiler*/) {}

} // namespace

extern const ConditionType kCondition_interface{
	"interface", "an interface name or a glob (eth0, lan*)", SetKind::none,
	parse_interface_value, compile_interface};

} // namespace flowmark
