// SPDX-License-Identifier: Apache-2.0
// Host names as the policy writes them and as rules compare them: lower case, A-labels,
// no trailing dot.
#pragma once

#include <string>
#include <string_view>

#include "config/host_names.h"

namespace flowmark {

inline constexpr std::string_view kBelow = "*."; // in front of a name: all below it

// Appends the name that `text` stands for: "example.com", "*.example.com",
// "Bücher.example.", "192.0.2.1". False, with nothing appended, if it is none.
bool parse_host(std::string_view text, HostNames &names);

// What is expected instead of a text that parse_host() refuses.
std::string expected_host(std::string_view text);

} // namespace flowmark
