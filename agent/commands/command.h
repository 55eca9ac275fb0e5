// SPDX-License-Identifier: Apache-2.0
// A sub-command: its options as CLI11 knows them, and what it does.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace flowmark {

enum ExitCode { kSuccess = 0, kFailure = 1, kUsage = 2, kUnreachable = 3 };

struct Command {
	CLI::App *app = nullptr;  // to ask whether it was the one that was called
	std::function<int()> run; // returns an ExitCode
};

// Each in the file of its name.
Command add_run_command(CLI::App &parent);
Command add_check_command(CLI::App &parent);
Command add_reload_command(CLI::App &parent);
Command add_detach_command(CLI::App &parent);
Command add_status_command(CLI::App &parent);
Command add_classes_command(CLI::App &parent);
Command add_flows_command(CLI::App &parent);
Command add_explain_command(CLI::App &parent);
Command add_top_command(CLI::App &parent);
Command add_replay_command(CLI::App &parent);

} // namespace flowmark
