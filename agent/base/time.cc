// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <ctime>

#include <fmt/chrono.h>

namespace flowmark {

std::string format_utc(WallTime time)
{
	using std::chrono::milliseconds;
	const auto since = std::chrono::floor<milliseconds>(time.time_since_epoch());
	const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
	const std::time_t whole = seconds.count();
	std::tm utc{};
	::gmtime_r(&whole, &utc);
	return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", utc, (since - seconds).count());
}

double unix_seconds(WallTime time)
{
	return std::chrono::duration<double>(time.time_since_epoch()).count();
}

} // namespace flowmark
