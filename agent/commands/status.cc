// SPDX-License-Identifier: Apache-2.0
// flowmark status: what is in force, where it is attached, how full the tables are.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/words.h"
#include "commands/ask.h"
#include "commands/command.h"
#include "commands/json_fields.h"
#include "commands/options.h"
#include "commands/render.h"
#include "commands/table.h"
#include "commands/units.h"
#include "config/text.h"
#include "control/client.h"

namespace flowmark {

using nlohmann::json;

namespace {

using Align = Column::Align;

std::string text_of(const json &object, const char *key)
{
	return flowmark::text_of(object.at(key));
}

std::uint64_t number_of(const json &object, const char *key)
{
	return count_of(object.at(key));
}

std::string milliseconds_of(const json &object, const char *key)
{
	return fmt::format("{:.1f} ms", object.at(key).get<double>() * 1000);
}

std::string render_policy(const json &policy)
{
	if (number_of(policy, "generation") == 0)
		return "policy     none\n";
	return fmt::format("policy     generation {}: {}, {}, {} with {}; compiled in {}, "
			   "staged in {}\n",
			   number_of(policy, "generation"),
			   counted(number_of(policy, "rules"), "rule"),
			   counted(number_of(policy, "classes"), "class"),
			   counted(number_of(policy, "sets"), "set"),
			   counted(number_of(policy, "set_members"), "member"),
			   milliseconds_of(policy, "compile_seconds"),
			   milliseconds_of(policy, "stage_seconds"));
}

std::string render_reload(const json &reload, const Style &style)
{
	std::string out = fmt::format("reloads    {} taken, {} refused",
				      number_of(reload, "successes"),
				      number_of(reload, "failures"));
	if (!reload.at("time").is_null())
		out += fmt::format("; last loaded {}: {}", text_of(reload, "time"),
				   reload.at("ok").get<bool>() ? "ok" : style.red("refused"));
	if (!reload.at("error").is_null())
		out += fmt::format("\n           {}", style.red(text_of(reload, "error")));
	return out + '\n';
}

std::string render_pins(const json &pins, const Style &style)
{
	std::string state = pins.at("taken_over").get<bool>() ? "taken over" : "made";
	if (!pins.at("pinned").get<bool>())
		state = "not pinned, marking ends with the agent";
	if (!pins.at("error").is_null())
		state = style.red(fmt::format("{}: {}", state, text_of(pins, "error")));
	return fmt::format("pins       {}: {}\n", text_of(pins, "path"), state);
}

std::string render_canary(const json &canary, const Style &style)
{
	const std::uint64_t correct = number_of(canary, "correct");
	const json &healthy = canary.at("healthy");
	if (healthy.is_null()) {
		const std::string why = canary.at("error").is_null() ? "not looked yet"
								     : text_of(canary, "error");
		return fmt::format("canary     {}\n", why);
	}
	if (healthy.get<bool>())
		return fmt::format("canary     {} known packets marked as the policy says\n",
				   correct);
	return fmt::format("canary     {}\n", style.red(text_of(canary, "error")));
}

// What the kernel lacks is why things are done in another way than elsewhere.
std::string render_kernel(const json &kernel)
{
	std::string out = fmt::format("kernel     {}", text_of(kernel, "release"));
	const char *between = ": ";
	for (const auto &[name, available] : kernel.at("features").items()) {
		out += fmt::format("{}{}{}", between, available.get<bool>() ? "" : "no ", name);
		between = ", ";
	}
	return out + '\n';
}

std::string render_metrics(const json &status, const Style &style)
{
	std::string out = text_of(status, "metrics");
	if (status.at("metrics_open").get<bool>())
		out += style.red(", open to other hosts, without encryption");
	return out;
}

std::string render_head(const json &status, const Style &style)
{
	const std::string name = fmt::format("flowmark {} ({})", text_of(status, "version"),
					     text_of(status, "revision"));
	return fmt::format("{}, up {}, process {}\n"
			   "config     {}\n"
			   "control    {}\n"
			   "metrics    {}\n",
			   style.bold(name),
			   format_duration(status.at("uptime_seconds").get<double>()),
			   number_of(status, "pid"), text_of(status, "config"),
			   text_of(status, "control"), render_metrics(status, style)) +
	       render_kernel(status.at("kernel")) + render_pins(status.at("pins"), style) +
	       render_canary(status.at("canary"), style) + render_policy(status.at("policy")) +
	       render_reload(status.at("reload"), style);
}

std::string options_of(const json &interface)
{
	std::string out;
	for (const char *key : {"mark", "trust", "wash"})
		if (interface.at(key).get<bool>())
			out += fmt::format("{}{}", out.empty() ? "" : " ", key);
	return out;
}

std::string xdp_state(const json &row)
{
	if (!row.at("error").is_null())
		return "not attached: " + text_of(row, "error");
	return row.at("proven").get<bool>() ? "attached" : "attached, waiting for a first packet";
}

std::string render_interfaces(const json &interfaces, const json &xdp, const Style &style)
{
	Table table({{"INTERFACE"}, {"DIRECTION"}, {"HOOK"}, {"OPTIONS"}, {"STATE"}});
	for (const json &row : interfaces) {
		const bool attached = row.at("attached").get<bool>();
		const std::string why = row.at("error").is_null() ? ""
								  : ": " + text_of(row, "error");
		table.add({text_of(row, "interface"), text_of(row, "direction"),
			   text_of(row, "hook"), options_of(row),
			   attached ? "attached" : "not attached" + why},
			  attached ? Table::Tone::plain : Table::Tone::red);
	}
	for (const json &row : xdp)
		table.add({text_of(row, "interface"), "xdp", text_of(row, "mode"),
			   text_of(row, "wanted"), xdp_state(row)});
	return table.empty() ? "no interface of the policy is here\n" : table.render(style);
}

std::string render_tables(const json &tables, const Style &style)
{
	Table table({{"TABLE"},
		     {"ENTRIES", Align::right},
		     {"MAX", Align::right},
		     {"FILL", Align::right},
		     {"FAILED UPDATES", Align::right}});
	for (const json &row : tables) {
		const std::uint64_t entries = number_of(row, "entries");
		const std::uint64_t max = number_of(row, "max_entries");
		const std::uint64_t failures = number_of(row, "update_failures");
		table.add({text_of(row, "table"), fmt::to_string(entries), fmt::to_string(max),
			   format_percent(static_cast<double>(entries), static_cast<double>(max)),
			   fmt::to_string(failures)},
			  failures > 0 ? Table::Tone::red : Table::Tone::plain);
	}
	return table.render(style);
}

std::string render_programs(const json &programs, const Style &style)
{
	Table table({{"PROGRAM"},
		     {"ID", Align::right},
		     {"TAG"},
		     {"RUNS", Align::right},
		     {"NS/RUN", Align::right}});
	for (const json &row : programs) {
		const std::uint64_t runs = number_of(row, "run_count");
		// Without kernel.bpf_stats_enabled there is nothing to show.
		const std::string each = runs == 0 ? ""
						   : fmt::to_string(number_of(row, "run_time_ns") /
								    runs);
		table.add({text_of(row, "program"), fmt::to_string(number_of(row, "id")),
			   text_of(row, "tag"), runs == 0 ? "" : fmt::to_string(runs), each});
	}
	return table.render(style);
}

} // namespace

std::string render_status(const json &status, const Style &style)
{
	std::string out = render_head(status, style);
	for (const std::string &part :
	     {render_interfaces(status.at("interfaces"), status.at("xdp"), style),
	      render_tables(status.at("tables"), style),
	      render_programs(status.at("programs"), style)})
		if (!part.empty())
			out += '\n' + part;
	return out;
}

Command add_status_command(CLI::App &parent)
{
	struct Options {
		std::string control = kDefaultControlPath;
		bool json = false;
	};
	auto options = std::make_shared<Options>();
	CLI::App *app = parent.add_subcommand("status", "show what is in force and attached");
	add_control_option(*app, options->control);
	add_output_option(*app, options->json);
	return {app, [options] {
			return show(options->control, "status", [options](const json &result) {
				return options->json ? pretty_json(result)
						     : render_status(result, stdout_style());
			});
		}};
}

} // namespace flowmark
