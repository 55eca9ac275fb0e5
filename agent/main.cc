// SPDX-License-Identifier: Apache-2.0
#include "commands/command_line.h"

int main(int argc, char **argv)
{
	return flowmark::command_line(argc, argv);
}
