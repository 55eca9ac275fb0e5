// SPDX-License-Identifier: Apache-2.0
// The engine's state and counters as metric families.
#pragma once

#include <vector>

#include "datapath/engine.h"
#include "metrics/families.h"

namespace flowmark {

void append_counts(Families &out, const std::vector<ClassCount> &counts);
void append_status(Families &out, const EngineStatus &status);

} // namespace flowmark
