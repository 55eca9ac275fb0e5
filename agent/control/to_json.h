// SPDX-License-Identifier: Apache-2.0
// What the engine says, as JSON with stable keys: the `-o json` of the commands.
// Numbers are plain, absent things are null, DSCPs come as number and as name.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "control/reloader.h"
#include "datapath/engine.h"

namespace flowmark {

nlohmann::json to_json(const EngineStatus &status); // an object: policy, interfaces, tables, ...
nlohmann::json to_json(const ReloadRecord &record);
nlohmann::json to_json(const std::vector<ClassCount> &counts); // {classes, undecided}
nlohmann::json to_json(const std::vector<FlowStatus> &flows);

} // namespace flowmark
