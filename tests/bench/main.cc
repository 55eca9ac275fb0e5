// SPDX-License-Identifier: Apache-2.0
// flowmark-bench: takes the times, and prints them as JSON. What they mean is
// worked out by tools/bench, which runs it.
#include <cstdio>
#include <exception>
#include <set>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "measure.h"
#include "session.h"

namespace flowmark::bench {

namespace {

using nlohmann::json;

enum Exit { kDone = 0, kFailed = 1, kWrongUsage = 2 };

struct Options {
	Effort effort;
	std::string only; // part of a case's name
	int cpu = static_cast<int>(std::thread::hardware_concurrency()) - 1;
};

json policy_json(const PolicyShape &policy)
{
	return {{"kind", name_of(policy.kind)},
		{"rules", policy.rules},
		{"members", policy.members},
		{"ports", policy.ports}};
}

json case_json(const Measured &measured)
{
	const auto &[subject, pattern, hook] = measured.which;
	return {{"name", describe(measured.which)},
		{"hook", hook == HookPoint::tc ? "tc" : "xdp"},
		{"program", subject.policy ? "flowmark" : describe(subject)},
		{"policy", subject.policy ? policy_json(*subject.policy) : json()},
		{"packets", name_of(pattern.packets)},
		{"family", pattern.family},
		{"flows", pattern.flows},
		{"cache_used", measured.cache_used},
		{"samples_ns", measured.samples}};
}

// Those that were asked for, and the empty programs that they are compared with.
std::vector<Case> selected(const std::string &only)
{
	std::set<Pattern> patterns;
	std::vector<Case> chosen;
	for (const Case &which : all_cases())
		if (describe(which).find(only) != std::string::npos)
			patterns.insert(which.pattern);
	for (const Case &which : all_cases()) {
		const bool empty = describe(which.subject) == "empty";
		if (describe(which).find(only) != std::string::npos ||
		    (empty && patterns.contains(which.pattern)))
			chosen.push_back(which);
	}
	return chosen;
}

int fail(const Error &error)
{
	fmt::print(stderr, "flowmark-bench: {}\n", error.message);
	return kFailed;
}

int packets(const Options &options)
{
	const std::vector<Case> cases = selected(options.only);
	if (cases.empty())
		return fail({"no case has '" + options.only + "' in its name"});
	if (auto stayed = stay_on_cpu(options.cpu); !stayed)
		return fail(stayed.error());
	auto session = Session::open(cases);
	if (!session)
		return fail(session.error());
	const auto results = (*session)->run(options.effort);
	if (!results)
		return fail(results.error());
	json out = {{"cases", json::array()}};
	for (const Measured &measured : *results)
		out["cases"].push_back(case_json(measured));
	fmt::print("{}\n", out.dump());
	return kDone;
}

int run(int argc, char **argv)
{
	CLI::App app("Takes the times of Flowmark's packet path.", "flowmark-bench");
	Options options;
	app.require_subcommand(1);
	CLI::App *command = app.add_subcommand("packets", "programs through BPF_PROG_TEST_RUN");
	command->add_option("--rounds", options.effort.rounds, "samples of every case")
		->check(CLI::Range(1, 1000));
	command->add_option("--packets", options.effort.packets, "packets of a sample")
		->check(CLI::Range(1000, 100000000));
	command->add_option("--case", options.only, "only cases with this in their name");
	command->add_option("--cpu", options.cpu, "the processor to run on");
	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &error) {
		return app.exit(error) == 0 ? kDone : kWrongUsage;
	}
	return packets(options);
}

} // namespace

} // namespace flowmark::bench

int main(int argc, char **argv)
{
	try {
		return flowmark::bench::run(argc, argv);
	} catch (const std::exception &error) {
		fmt::print(stderr, "flowmark-bench: {}\n", error.what());
		return 1;
	}
}
