// SPDX-License-Identifier: Apache-2.0
// Why each flow of a capture is in its class.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "explain/explained_flow.h"
#include "replay/replay.h"

namespace flowmark {

// One for each of report.flows, in their order: its last decision, by the tables that the
// instance has in force. `interface`: what the flows' frames arrived on.
Result<std::vector<ExplainedFlow>> explain_flows(const ReplayReport &report, const Config &config,
						 const Instance &instance,
						 const std::string &interface);

} // namespace flowmark
