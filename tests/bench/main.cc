// SPDX-License-Identifier: Apache-2.0
// flowmark-bench: takes the times, and prints them as JSON. What they mean is
// worked out by tools/bench, which runs it.
#include <cstdio>
#include <exception>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "commands.h"

namespace flowmark::bench {

namespace {

struct Options {
	Effort effort;
	std::string only;
	LiveOptions live;
	double patience = 90;
	int cpu = static_cast<int>(std::thread::hardware_concurrency()) - 1;
};

void add_place(CLI::App &command, const std::string &role, Place &place)
{
	command.add_option("--" + role + "-netns", place.netns, "its namespace's path")->required();
	command.add_option("--" + role, place.interface, "its interface")->required();
}

int dispatch(CLI::App &app, int argc, char **argv)
{
	Options options;
	app.require_subcommand(1);
	CLI::App *packets = app.add_subcommand("packets", "programs through BPF_PROG_TEST_RUN");
	packets->add_option("--rounds", options.effort.rounds, "samples of every case")
		->check(CLI::Range(1, 1000));
	packets->add_option("--packets", options.effort.packets, "packets of a sample")
		->check(CLI::Range(1000, 100000000));
	packets->add_option("--case", options.only, "only cases with this in their name");
	CLI::App *calls = app.add_subcommand("calls", "helper calls on the hot path");
	CLI::App *live = app.add_subcommand("live", "frames through a router, as stdin tells");
	add_place(*live, "source", options.live.source);
	add_place(*live, "router", options.live.router);
	add_place(*live, "sink", options.live.sink);
	for (CLI::App *command : {packets, live}) {
		command->add_option("--cpu", options.cpu, "the processor to run on");
		command->add_option("--patience", options.patience,
				    "seconds to wait, in all, for the machine to be quiet")
			->check(CLI::NonNegativeNumber);
	}
	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &error) {
		return app.exit(error) == 0 ? kDone : kWrongUsage;
	}
	options.live.cpu = options.cpu;
	options.live.patience = options.effort.patience = options.patience;
	if (calls->parsed())
		return count_calls();
	if (live->parsed())
		return measure_live(options.live);
	return measure_packets(options.effort, options.only, options.cpu);
}

} // namespace

} // namespace flowmark::bench

int main(int argc, char **argv)
{
	try {
		CLI::App app("Takes the times of Flowmark's packet path.", "flowmark-bench");
		return flowmark::bench::dispatch(app, argc, argv);
	} catch (const std::exception &error) {
		fmt::print(stderr, "flowmark-bench: {}\n", error.what());
		return flowmark::bench::kFailed;
	}
}
