// SPDX-License-Identifier: Apache-2.0
// flowmark reload: waits until the agent has taken or refused the policy file.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/words.h"
#include "commands/ask.h"
#include "commands/command.h"
#include "commands/json_fields.h"
#include "commands/options.h"
#include "control/client.h"

namespace flowmark {

namespace {

int reload(const std::string &control)
{
	return show(control, "reload", [](const nlohmann::json &policy) {
		return fmt::format(
			"reloaded: generation {}, {}, {}, {}\n", count_of(policy.at("generation")),
			counted(policy.at("rules"), "rule"), counted(policy.at("classes"), "class"),
			counted(policy.at("set_members"), "set member"));
	});
}

} // namespace

Command add_reload_command(CLI::App &parent)
{
	auto control = std::make_shared<std::string>(kDefaultControlPath);
	CLI::App *app = parent.add_subcommand("reload", "put the policy file in force again");
	add_control_option(*app, *control);
	return {app, [control] { return reload(*control); }};
}

} // namespace flowmark
