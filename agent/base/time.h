// SPDX-License-Identifier: Apache-2.0
// Points in time as text.
#pragma once

#include <chrono>
#include <string>

namespace flowmark {

using WallTime = std::chrono::system_clock::time_point;

// RFC 3339 in UTC with milliseconds: 2026-03-01T12:00:00.123Z
std::string format_utc(WallTime time);

// Seconds since 1970, as metrics want it.
double unix_seconds(WallTime time);

} // namespace flowmark
