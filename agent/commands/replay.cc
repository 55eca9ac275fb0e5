// SPDX-License-Identifier: Apache-2.0
// flowmark replay: a capture through the real programs, attached to nothing, so that a
// policy can be tried before it is deployed. Needs root and no agent.
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands/ask.h"
#include "commands/command.h"
#include "commands/options.h"
#include "commands/replay_report.h"
#include "config/loader.h"
#include "replay/explain.h"
#include "replay/learned_names.h"
#include "replay/replay.h"

namespace flowmark {

using nlohmann::json;

namespace {

constexpr const char *kNoInterface = "capture"; // where the policy names none

struct ReplayOptions {
	std::vector<std::string> captures;
	std::optional<std::string> config, interface;
	bool split_reuse = false;
	bool explain = false;
	bool json = false;
};

// Everything is of one class, and its mark stays.
Config policy_of_nothing()
{
	Config config;
	config.classes.emplace_back().name = "default";
	return config;
}

// The one that is asked for, else this machine's, else none.
std::optional<Config> load_policy(const ReplayOptions &options)
{
	if (!options.config && access(kDefaultConfigPath, F_OK) != 0)
		return policy_of_nothing();
	LoadResult loaded = load_config(options.config.value_or(kDefaultConfigPath));
	for (const Diagnostic &diagnostic : loaded.diagnostics)
		if (diagnostic.severity == Diagnostic::Severity::error)
			fmt::print(stderr, "{}\n", diagnostic.format());
	return std::move(loaded.config);
}

// A glob fits itself.
std::string interface_of(const ReplayOptions &options, const Config &config)
{
	if (options.interface)
		return *options.interface;
	return config.interfaces.empty() ? kNoInterface : config.interfaces.front().pattern;
}

void print_text(const json &report, const std::string &capture, bool titled)
{
	if (titled)
		fmt::print("== {}\n", capture);
	fmt::print("{}", render_replay(report, stdout_style()));
	for (const json &error : report.at("errors"))
		print_error(error.get<std::string>());
}

// One capture's report as it is; those of several in a list, each with its file.
void print_json(json reports, const ReplayOptions &options)
{
	if (options.captures.size() == 1) {
		fmt::print("{}", pretty_json(reports.front()));
		return;
	}
	for (std::size_t i = 0; i < reports.size(); i++)
		reports[i]["capture"] = options.captures[i];
	fmt::print("{}", pretty_json({{"captures", std::move(reports)}}));
}

Result<json> report_of(const ReplayReport &report, const ReplayOptions &options,
		       const Config &config, const Instance &instance)
{
	json out = replay_json(report, config);
	if (!options.explain)
		return out;
	const auto explained = explain_flows(report, config, instance,
					     interface_of(options, config));
	if (!explained)
		return explained.error();
	add_explanations(out, *explained);
	return out;
}

int replay_all(const ReplayOptions &options, const Config &config, Instance &instance)
{
	auto names = LearnedNames::open(instance.object(), config.names);
	if (!names) {
		print_error(names.error().message);
		return kFailure;
	}
	Replay replay(instance, **names, options.split_reuse);
	json reports = json::array();
	bool whole = true;
	for (const std::string &capture : options.captures) {
		const ReplayReport report = replay.run(capture);
		whole = whole && report.whole;
		auto shown = report_of(report, options, config, instance);
		if (!shown) {
			print_error(shown.error().message);
			return kFailure;
		}
		if (options.json)
			reports.push_back(std::move(*shown));
		else
			print_text(*shown, capture, options.captures.size() > 1);
	}
	if (options.json)
		print_json(std::move(reports), options);
	return whole ? kSuccess : kFailure;
}

int replay(const ReplayOptions &options)
{
	const auto config = load_policy(options);
	if (!config)
		return kFailure;
	auto instance = Instance::load(*config, interface_of(options, *config));
	if (!instance) {
		print_error(instance.error().message);
		return kFailure;
	}
	return replay_all(options, *config, **instance);
}

} // namespace

Command add_replay_command(CLI::App &parent)
{
	auto options = std::make_shared<ReplayOptions>();
	CLI::App *app = parent.add_subcommand(
		"replay", "run a capture through the programs and say what becomes of its flows");
	app->add_option("capture", options->captures, "pcap or pcapng, - is standard input")
		->type_name("FILE")
		->required();
	app->add_option("-c,--config", options->config,
			"the policy file; this machine's if not given, or none if it has none")
		->type_name("FILE");
	app->add_option("--interface", options->interface,
			"where packets arrive, to the policy; the first it names if not given")
		->type_name("NAME");
	app->add_flag("--split-reuse", options->split_reuse,
		      "a TCP connection between ports that were used before is another flow");
	app->add_flag("--explain", options->explain,
		      "say of each flow which rule decided, and why no earlier one did");
	add_output_option(*app, options->json);
	app->footer("Exit status: 0 everything was read, 1 a capture is broken, or the policy is, "
		    "2 wrong usage.");
	return {app, [options] { return replay(*options); }};
}

} // namespace flowmark
