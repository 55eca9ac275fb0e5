// SPDX-License-Identifier: Apache-2.0
// What is allowed in a policy, but hardly meant.
#pragma once

#include "config/config.h"
#include "config/report.h"

namespace flowmark {

// Reports rules that cannot be reached, classes and sets that no rule uses, sets
// without members and a policy without interfaces. REQUIRES: a config without errors
void warn(const Config &config, Report &report);

} // namespace flowmark
