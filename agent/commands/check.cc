// SPDX-License-Identifier: Apache-2.0
// flowmark check: reads and compiles a policy file as the agent would. Needs no
// privileges and no agent.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/words.h"
#include "commands/ask.h"
#include "commands/command.h"
#include "commands/options.h"
#include "config/loader.h"
#include "policy/compiler.h"

namespace flowmark {

using nlohmann::json;

namespace {

struct CheckOptions {
	std::string config = kDefaultConfigPath;
	bool json = false;
};

const char *name_of(Diagnostic::Severity severity)
{
	return severity == Diagnostic::Severity::error ? "error" : "warning";
}

// Also what only shows when the tables are made.
LoadResult load_and_compile(const std::string &path)
{
	LoadResult loaded = load_config(path);
	if (!loaded.config)
		return loaded;
	const auto tables = compile(*loaded.config, {});
	if (!tables) {
		loaded.config.reset();
		loaded.diagnostics.push_back(
			{Diagnostic::Severity::error, path, 0, 0, tables.error().message});
	}
	return loaded;
}

json diagnostic_json(const Diagnostic &diagnostic)
{
	return {{"severity", name_of(diagnostic.severity)},
		{"file", diagnostic.file},
		{"line", diagnostic.line},
		{"column", diagnostic.column},
		{"text", diagnostic.text}};
}

json result_json(const LoadResult &loaded)
{
	json out = {{"ok", loaded.config.has_value()}, {"diagnostics", json::array()}};
	for (const Diagnostic &diagnostic : loaded.diagnostics)
		out["diagnostics"].push_back(diagnostic_json(diagnostic));
	if (loaded.config) {
		out["rules"] = loaded.config->rules.size();
		out["classes"] = loaded.config->classes.size();
		out["sets"] = loaded.config->sets.size();
		out["set_members"] = loaded.config->set_members();
	}
	return out;
}

void print_summary(const std::string &path, const Config &config)
{
	fmt::print("{}: ok, {}, {}, {} with {}\n", path, counted(config.rules.size(), "rule"),
		   counted(config.classes.size(), "class"), counted(config.sets.size(), "set"),
		   counted(config.set_members(), "member"));
}

int check(const CheckOptions &options)
{
	const LoadResult loaded = load_and_compile(options.config);
	for (const Diagnostic &diagnostic : loaded.diagnostics)
		fmt::print(stderr, "{}\n", diagnostic.format());
	if (options.json)
		fmt::print("{}", pretty_json(result_json(loaded)));
	else if (loaded.config)
		print_summary(options.config, *loaded.config);
	return loaded.config ? kSuccess : kFailure;
}

} // namespace

Command add_check_command(CLI::App &parent)
{
	auto options = std::make_shared<CheckOptions>();
	CLI::App *app = parent.add_subcommand("check", "say whether a policy file is right");
	add_config_option(*app, options->config);
	add_output_option(*app, options->json);
	return {app, [options] { return check(*options); }};
}

} // namespace flowmark
