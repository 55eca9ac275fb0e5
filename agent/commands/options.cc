// SPDX-License-Identifier: Apache-2.0
#include "commands/options.h"

#include <CLI/CLI.hpp>

#include "datapath/pin_folder.h"

namespace flowmark {

void add_config_option(CLI::App &command, std::string &path)
{
	command.add_option("-c,--config", path, "the policy file")
		->type_name("FILE")
		->capture_default_str();
}

void add_control_option(CLI::App &command, std::string &path)
{
	command.add_option("--control", path, "the agent's control socket")
		->type_name("PATH")
		->capture_default_str();
}

std::string valid_pins(const std::string &path)
{
	const bool folder = path.starts_with('/') && path.size() > 1 && !path.ends_with('/');
	return folder || path == kPinsOff ? "" : "expected the absolute path of a folder, or off";
}

void add_output_option(CLI::App &command, bool &as_json)
{
	command.add_option_function<std::string>(
		       "-o,--output",
		       [&as_json](const std::string &form) { as_json = form == "json"; },
		       "the form of the output, text if not given")
		->type_name("text|json")
		->check(CLI::IsMember({"text", "json"}).description(""));
}

} // namespace flowmark
