// SPDX-License-Identifier: Apache-2.0
// What the agent knows of itself as metric families: reloads, classes by name,
// the build, the process.
#pragma once

#include "control/reloader.h"
#include "metrics/families.h"

namespace flowmark {

void append_reloads(Families &out, const ReloadRecord &record);
void append_classes(Families &out, const ReloadRecord &record);
void append_build(Families &out);
void append_process(Families &out);

} // namespace flowmark
