// SPDX-License-Identifier: Apache-2.0
#include "commands/command_line.h"

#include <array>
#include <exception>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands/command.h"
#include "control/version.h"

namespace flowmark {

namespace {

using AddCommand = Command (*)(CLI::App &);

// In the order of the help.
constexpr std::array<AddCommand, 10> kCommands{
	add_run_command,    add_check_command,	 add_reload_command, add_detach_command,
	add_status_command, add_classes_command, add_flows_command,  add_explain_command,
	add_top_command,    add_replay_command,
};

constexpr const char *kFooter = "Exit status: 0 done, 1 refused or failed, 2 wrong usage, "
				"3 agent not reachable.";

int parse_and_run(CLI::App &app, int argc, const char *const *argv)
{
	std::vector<Command> commands;
	commands.reserve(kCommands.size());
	for (const AddCommand add : kCommands)
		commands.push_back(add(app));
	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &error) {
		// --help and --version come this way too, as errors with code 0.
		return app.exit(error) == 0 ? kSuccess : kUsage;
	}
	for (const Command &command : commands)
		if (command.app->parsed())
			return command.run();
	return kUsage;
}

} // namespace

int command_line(int argc, const char *const *argv)
{
	try {
		CLI::App app("Flowmark classifies flows and marks their packets with the DSCP "
			     "of their class.",
			     "flowmark");
		app.set_version_flag("--version",
				     fmt::format("flowmark {} ({})", version(), revision()));
		app.require_subcommand(1);
		app.footer(kFooter);
		return parse_and_run(app, argc, argv);
	} catch (const std::exception &error) {
		fmt::print(stderr, "flowmark: {}\n", error.what());
		return kFailure;
	}
}

} // namespace flowmark
