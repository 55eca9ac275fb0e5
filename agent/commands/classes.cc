// SPDX-License-Identifier: Apache-2.0
// flowmark classes: what each class has counted since the agent was started.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands/ask.h"
#include "commands/command.h"
#include "commands/json_fields.h"
#include "commands/options.h"
#include "commands/render.h"
#include "commands/table.h"
#include "commands/units.h"
#include "control/client.h"

namespace flowmark {

using nlohmann::json;

namespace {

using Align = Column::Align;

Table::Tone tone_of(const json &row)
{
	return count_of(row.at("packets")) == 0 ? Table::Tone::dim : Table::Tone::plain;
}

std::string packets_of(const json &row)
{
	return fmt::to_string(count_of(row.at("packets")));
}

// A series outlives its class and its interface: counters never fall.
std::string note_of(const json &row)
{
	if (!row.at("current").get<bool>())
		return "no longer in use";
	const std::uint64_t policed = row.contains("policed_packets")
					      ? count_of(row["policed_packets"])
					      : 0;
	return policed == 0 ? "" : fmt::format("{} policed", policed);
}

std::string render_decided(const json &rows, const Style &style)
{
	Table table({{"INTERFACE"},
		     {"DIRECTION"},
		     {"CLASS"},
		     {"DSCP"},
		     {"PACKETS", Align::right},
		     {"BYTES", Align::right},
		     {"MARKED", Align::right},
		     {"MARKED %", Align::right},
		     {"NOTE"}});
	for (const json &row : rows)
		table.add({row.at("interface"), row.at("direction"), row.at("class"),
			   row.at("dscp_name"), packets_of(row), bytes_of(row),
			   fmt::to_string(count_of(row.at("marked"))),
			   format_percent(row.at("marked"), row.at("packets")), note_of(row)},
			  tone_of(row));
	return table.empty() ? "nothing is counted yet: no interface of the policy was seen\n"
			     : table.render(style);
}

std::string render_undecided(const json &rows, const Style &style)
{
	Table table({{"INTERFACE"},
		     {"DIRECTION"},
		     {"UNDECIDED"},
		     {"PACKETS", Align::right},
		     {"BYTES", Align::right},
		     {"NOTE"}});
	for (const json &row : rows)
		if (count_of(row.at("packets")) > 0)
			table.add({row.at("interface"), row.at("direction"), row.at("reason"),
				   packets_of(row), bytes_of(row), note_of(row)});
	return table.empty() ? std::string() : '\n' + table.render(style);
}

} // namespace

std::string render_classes(const json &classes, const Style &style)
{
	return render_decided(classes.at("classes"), style) +
	       render_undecided(classes.at("undecided"), style);
}

Command add_classes_command(CLI::App &parent)
{
	struct Options {
		std::string control = kDefaultControlPath;
		bool json = false;
	};
	auto options = std::make_shared<Options>();
	CLI::App *app = parent.add_subcommand("classes", "show what each class has counted");
	add_control_option(*app, options->control);
	add_output_option(*app, options->json);
	return {app, [options] {
			return show(options->control, "classes", [options](const json &result) {
				return options->json ? pretty_json(result)
						     : render_classes(result, stdout_style());
			});
		}};
}

} // namespace flowmark
