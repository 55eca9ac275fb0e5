// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <thread>

#include "base/result.h"

namespace flowmark {

// Runs `work` in a thread of its own. `purpose` is for the error of a system that has no room
// for one more: "cannot start a thread for PURPOSE: ...".
Result<std::thread> start_thread(const char *purpose, std::function<void()> work);

} // namespace flowmark
