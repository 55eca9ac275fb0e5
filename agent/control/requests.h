// SPDX-License-Identifier: Apache-2.0
// What can be asked on the control socket, and the answers: one JSON object in,
// one out. {"command": "status"} (beside it, what the command asks for: control/explain_json.h)
// gives {"ok": true, "result": ...} or
// {"ok": false, "error": "...", "diagnostics": ["FILE:L:C: error: ...", ...]}.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "control/reloader.h"
#include "datapath/engine.h"

namespace flowmark {

// All must outlive what uses them.
struct ControlContext {
	const Engine &engine;
	const Reloader &reloader;
	std::function<ReloadOutcome()> reload;
	std::string control_path;
	std::string metrics_url;   // "off" where there is none
	bool metrics_open = false; // to other hosts
	std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

// Takes any bytes for `request`.
std::string answer_request(const ControlContext &context, std::string_view request);

} // namespace flowmark
