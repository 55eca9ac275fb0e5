// SPDX-License-Identifier: Apache-2.0
// Options that several commands share.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace flowmark {

constexpr const char *kDefaultConfigPath = "/etc/flowmark/flowmark.yaml";

// -c, --config FILE; `path` holds the default.
void add_config_option(CLI::App &command, std::string &path);
// --control PATH; `path` holds the default.
void add_control_option(CLI::App &command, std::string &path);
// For a --pins option: what is wrong with `path`, or nothing.
std::string valid_pins(const std::string &path);
// -o, --output text|json
void add_output_option(CLI::App &command, bool &json);

} // namespace flowmark
