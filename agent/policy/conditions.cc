// SPDX-License-Identifier: Apache-2.0
#include "policy/condition.h"

namespace flowmark {

// A row of the X-list without its policy/conditions/<name>.cc does not link.
#define FM_DECLARE(name, ends, help) extern const ConditionType kCondition_##name;
FM_CONDITIONS(FM_DECLARE)
#undef FM_DECLARE

const std::array<const ConditionType *, FM_COND_COUNT> &condition_types()
{
	static const std::array<const ConditionType *, FM_COND_COUNT> types
	{
#define FM_POINTER(name, ends, help) &kCondition_##name,
		FM_CONDITIONS(FM_POINTER)
#undef FM_POINTER
	};
	return types;
}

} // namespace flowmark
