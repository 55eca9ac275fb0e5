// SPDX-License-Identifier: Apache-2.0
// What systemd is told of a Type=notify service (sd_notify(3), without libsystemd).
// Nothing happens, and nothing fails, where $NOTIFY_SOCKET is not set.
#pragma once

#include <string>

namespace flowmark {

// READY=1, also at the end of a reload; `status` is a line for `systemctl status`.
void notify_ready(const std::string &status);
void notify_reloading(); // RELOADING=1
void notify_stopping();	 // STOPPING=1

} // namespace flowmark
