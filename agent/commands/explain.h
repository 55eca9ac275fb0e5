// SPDX-License-Identifier: Apache-2.0
// An explanation as text for people.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "commands/terminal.h"

namespace flowmark {

// `flow`: one of to_json(std::vector<ExplainedFlow>), control/explain_json.h; may lack "noted".
std::string render_explanation(const nlohmann::json &flow, const Style &style);

} // namespace flowmark
