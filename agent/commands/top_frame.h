// SPDX-License-Identifier: Apache-2.0
// One picture of `flowmark top`, made of two samples.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "commands/terminal.h"

namespace flowmark {

// The results of two commands, asked for one after the other.
struct TopSample {
	nlohmann::json status;
	nlohmann::json classes;
};

// Rates are those since `before`; without it, or where the agent was started
// anew in between, they are shown as "-".
std::string render_top(const TopSample &now, const TopSample *before, const Style &style);

} // namespace flowmark
