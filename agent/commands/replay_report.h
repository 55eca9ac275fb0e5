// SPDX-License-Identifier: Apache-2.0
// What a replay found, as JSON and as text.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "commands/terminal.h"
#include "config/config.h"
#include "explain/explained_flow.h"
#include "replay/replay.h"

namespace flowmark {

// {"flows": [...], "classes": [...], "undecided": [...], "errors": [...]}. The keys
// are stable. `config` is the policy that was in force.
nlohmann::json replay_json(const ReplayReport &report, const Config &config);

// Gives each flow of replay_json() its "explanation", as control/explain_json.h has it.
void add_explanations(nlohmann::json &report, const std::vector<ExplainedFlow> &explained);

// Tables of the flows, of the classes, and of what was left undecided; without the
// errors.
std::string render_replay(const nlohmann::json &report, const Style &style);

} // namespace flowmark
