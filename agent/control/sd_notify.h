// SPDX-License-Identifier: Apache-2.0
// What systemd is told of a Type=notify service (sd_notify(3), without libsystemd).
// Nothing happens, and nothing fails, where $NOTIFY_SOCKET is not set.
#pragma once

#include <chrono>
#include <string>

namespace flowmark {

// READY=1, also at the end of a reload; `status` is a line for `systemctl status`.
void notify_ready(const std::string &status);
void notify_reloading(); // RELOADING=1
void notify_stopping();	 // STOPPING=1
void notify_alive();	 // WATCHDOG=1

// How often systemd wants to hear notify_alive() from this process, with room for two that
// are late; 0 if it does not (WatchdogSec= of the unit).
std::chrono::microseconds watchdog_interval();

} // namespace flowmark
