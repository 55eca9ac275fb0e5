// SPDX-License-Identifier: Apache-2.0
// One row per condition of include/flowmark/conditions.h: how its values are
// read from the policy file and how they become bitmaps of rules. Each row lives
// in policy/conditions/<name>.cc; conditions.cc collects them from the X-list,
// so a missing file fails to link.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "config/config.h"

namespace flowmark {

class Compiler; // policy/compiler.h

struct ConditionType {
	const char *key;     // as in the policy file
	const char *expects; // completes "found X, expected ..."
	SetKind sets;	     // the kind of set that it may refer to as @name

	// Reads one scalar that is not a set reference into `values`. False if the
	// text is not what `expects` says; `values` is then unchanged.
	bool (*parse)(std::string_view text, Values &values);

	// Writes the tables that the packet path looks this condition up in.
	void (*compile)(Compiler &compiler);
};

// Indexed by enum fm_condition.
const std::array<const ConditionType *, FM_COND_COUNT> &condition_types();

} // namespace flowmark
