// SPDX-License-Identifier: Apache-2.0
// The commands' side of the control socket.
#pragma once

#include <string>

#include "base/result.h"

namespace flowmark {

constexpr const char *kDefaultControlPath = "/run/flowmark/control.sock";

// Sends one line and returns the answer's line. Blocks, at most two minutes: a
// reload of a large policy takes its time. The error is a sentence that names
// the socket and says what to look at.
Result<std::string> ask_control(const std::string &path, const std::string &request);

} // namespace flowmark
