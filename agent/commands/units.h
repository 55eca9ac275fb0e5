// SPDX-License-Identifier: Apache-2.0
// Numbers for people (three significant digits and an SI prefix), and ends of flows.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flowmark {

// "12.3 Mbit/s" for (12'345'678, "bit/s"); "950 B"; without a unit "1.2 k".
std::string format_si(double value, std::string_view unit);

// "45 s", "12 min 5 s", "3 h 12 min", "4 d 3 h".
std::string format_duration(double seconds);

// One end of a flow: "192.0.2.1:443", "[2001:db8::1]:443"; the address alone without a port.
std::string format_end(const std::string &address, std::optional<std::uint16_t> port);

// Of `whole`, "-" where that is 0: "100%", "12.3%", "<0.1%".
std::string format_percent(double part, double whole);

} // namespace flowmark
