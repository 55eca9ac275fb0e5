// SPDX-License-Identifier: Apache-2.0
// flowmark run: the agent itself.
#include <csignal>
#include <map>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "commands/command.h"
#include "commands/options.h"
#include "config/listen_address.h"
#include "config/loader.h"
#include "control/agent.h"
#include "datapath/engine.h"
#include "datapath/pin_folder.h"

namespace flowmark {

namespace {

// What is not given is taken from the policy file.
struct RunOptions {
	std::string config = kDefaultConfigPath;
	std::optional<std::string> control, metrics, log_format, pins;
	std::string log_level = "info";
	std::string hook = "auto";
};

HookKind hook_kind(const std::string &name)
{
	if (name == "tcx")
		return HookKind::tcx;
	return name == "clsact" ? HookKind::clsact : HookKind::automatic;
}

void set_up_log(const RunOptions &options, const AgentOptions &file)
{
	LogOptions log;
	log.level = parse_log_level(options.log_level).value_or(LogLevel::info);
	log.format = parse_log_format(options.log_format.value_or(file.log_format))
			     .value_or(LogFormat::text);
	log.journal = stderr_is_journal();
	set_log_options(log);
}

int fail(const std::string &message)
{
	log_error(message);
	return kFailure;
}

int refuse(const LoadResult &loaded)
{
	for (const Diagnostic &diagnostic : loaded.diagnostics)
		log_error(diagnostic.format());
	return fail("the policy file is refused, not starting");
}

int run_agent(const RunOptions &options, LoadResult loaded)
{
	const AgentOptions &file = loaded.config->agent;
	const AgentSettings settings{options.config, options.control.value_or(file.control),
				     options.metrics.value_or(file.metrics)};
	// Before the engine is opened: a typing error need not cost a second.
	if (auto valid = check_metrics_setting(settings.metrics); !valid)
		return fail(valid.error().message);
	const std::string pins = options.pins.value_or(file.pins);
	auto engine = Engine::open({hook_kind(options.hook), file.flow_cache,
				    pins == kPinsOff ? "" : pins, file.keep_on_exit});
	if (!engine)
		return fail(engine.error().message);
	auto agent = Agent::start(settings, std::move(*engine), std::move(loaded));
	if (!agent)
		return fail(agent.error().message);
	(*agent)->run();
	return kSuccess;
}

int run(const RunOptions &options)
{
	// A log that nobody reads any more must not end the agent.
	std::signal(SIGPIPE, SIG_IGN); // NOLINT(cert-err33-c): cannot fail
	set_up_log(options, AgentOptions{});
	LoadResult loaded = load_config(options.config);
	if (!loaded.config)
		return refuse(loaded);
	set_up_log(options, loaded.config->agent);
	return run_agent(options, std::move(loaded));
}

} // namespace

Command add_run_command(CLI::App &parent)
{
	auto options = std::make_shared<RunOptions>();
	CLI::App *app = parent.add_subcommand("run", "run the agent in the foreground");
	add_config_option(*app, options->config);
	app->add_option("--control", options->control, "the control socket to listen on")
		->type_name("PATH");
	app->add_option("--metrics", options->metrics, "where metrics are served, or off")
		->type_name("ADDRESS:PORT");
	app->add_option("--pins", options->pins,
			"folder on a BPF file system for what outlives the agent, or off")
		->type_name("PATH")
		->check(valid_pins, "");
	app->add_option("--log-format", options->log_format, "text or json")
		->check(CLI::IsMember({"text", "json"}));
	app->add_option("--log-level", options->log_level, "what is logged at least")
		->check(CLI::IsMember({"debug", "info", "warning", "error"}))
		->capture_default_str();
	app->add_option("--hook", options->hook, "where the programs are attached")
		->check(CLI::IsMember({"auto", "tcx", "clsact"}))
		->capture_default_str();
	return {app, [options] { return run(*options); }};
}

} // namespace flowmark
