// SPDX-License-Identifier: Apache-2.0
// Asking the agent and showing the answer, with the errors and exit codes that
// all commands share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"

namespace flowmark {

// The error is for people and means that there is no answer to work with: the
// agent is not reachable, or something else listens on its socket.
Result<nlohmann::json> ask_agent(const std::string &control, const std::string &command);
// The same for a request that says more than its command: {"command": ..., ...}.
Result<nlohmann::json> send_request(const std::string &control, const nlohmann::json &request);
// What they make of the answer's line; any bytes.
Result<nlohmann::json> read_answer(const std::string &line, const std::string &control);

// Prints "flowmark: MESSAGE" on standard error.
void print_error(const std::string &message);

// Prints the diagnostics and the error of an answer on standard error. Returns
// kSuccess or kFailure, as the answer is "ok" or not.
int report_outcome(const nlohmann::json &answer);

// The text that is printed for the "result" of an answer.
using Renderer = std::function<std::string(const nlohmann::json &result)>;

// Asks for `command` and prints what `render` makes of the result. Returns the
// exit code.
int show(const std::string &control, const std::string &command, const Renderer &render);
int show_answer(const std::string &control, const nlohmann::json &request, const Renderer &render);

// Two spaces of indentation, and a newline at the end. ASCII: fit for a terminal.
std::string pretty_json(const nlohmann::json &value);

} // namespace flowmark
