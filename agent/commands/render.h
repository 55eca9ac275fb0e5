// SPDX-License-Identifier: Apache-2.0
// The agent's answers as text for people. Each lives in the file of its command.
// They throw json::exception where a key is missing; show() reports that.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "commands/terminal.h"
#include "config/config.h"

namespace flowmark {

std::string render_status(const nlohmann::json &status, const Style &style);
std::string render_classes(const nlohmann::json &classes, const Style &style);
std::string render_flows(const nlohmann::json &flows, const Style &style);

struct FlowFilter {
	std::string class_name;	      // empty: any
	std::optional<Prefix> client; // an address, or all of a prefix
	std::size_t limit = 0;	      // 0: none
	std::string host;	      // a glob; empty: any
};

// The flows that pass, in a new {"flows": [...]}.
nlohmann::json filter_flows(const nlohmann::json &flows, const FlowFilter &filter);

} // namespace flowmark
