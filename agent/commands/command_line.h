// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowmark {

// The whole program: reads the command line, runs the command, returns the exit
// code (ExitCode in commands/command.h).
int command_line(int argc, const char *const *argv);

} // namespace flowmark
