// SPDX-License-Identifier: Apache-2.0
// flowmark flows: what was decided lately, and by which rule.
#include <fnmatch.h>

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
#include "config/scalars.h"
#include "control/client.h"

namespace flowmark {

using nlohmann::json;

namespace {

using Align = Column::Align;

std::string vlan_of(const json &flow)
{
	const auto vlan = count_of<std::uint16_t>(flow.at("vlan"));
	return vlan == 0 ? "" : fmt::to_string(vlan);
}

// The 128 bits of an address, IPv4 in the low 32 of them.
struct Bits {
	std::uint64_t hi, lo;
};

Bits shifted_right(Bits bits, unsigned n)
{
	if (n >= 128)
		return {0, 0};
	if (n >= 64)
		return {0, bits.hi >> (n - 64)};
	return n == 0 ? bits : Bits{bits.hi >> n, bits.lo >> n | bits.hi << (64 - n)};
}

bool contains(const Prefix &prefix, const Prefix &address)
{
	if (prefix.family != address.family)
		return false;
	const unsigned free_bits = (prefix.family == 4 ? 32u : 128u) - prefix.length;
	const Bits a = shifted_right({prefix.hi, prefix.lo}, free_bits);
	const Bits b = shifted_right({address.hi, address.lo}, free_bits);
	return a.hi == b.hi && a.lo == b.lo;
}

bool passes(const json &flow, const FlowFilter &filter)
{
	if (!filter.class_name.empty() && flow.at("class") != filter.class_name)
		return false;
	if (!filter.host.empty() &&
	    fnmatch(filter.host.c_str(), text_or_empty(flow.at("host")).c_str(), 0) != 0)
		return false;
	if (!filter.client)
		return true;
	const auto client = parse_prefix(flow.at("client").get<std::string>());
	return client && contains(*filter.client, *client);
}

struct FlowsOptions {
	std::string control = kDefaultControlPath;
	bool json = false;
	std::string client;
	FlowFilter filter;
};

std::string check_client(const std::string &text)
{
	return parse_prefix(text) ? std::string()
				  : fmt::format("found {}, expected an address or prefix", text);
}

int flows(const FlowsOptions &options)
{
	FlowFilter filter = options.filter;
	filter.client = parse_prefix(options.client);
	return show(options.control, "flows", [&](const json &result) {
		const json wanted = filter_flows(result, filter);
		return options.json ? pretty_json(wanted) : render_flows(wanted, stdout_style());
	});
}

} // namespace

json filter_flows(const json &flows, const FlowFilter &filter)
{
	json out = json::array();
	for (const json &flow : flows.at("flows")) {
		if (filter.limit > 0 && out.size() == filter.limit)
			break;
		if (passes(flow, filter))
			out.push_back(flow);
	}
	return {{"flows", std::move(out)}};
}

std::string render_flows(const json &flows, const Style &style)
{
	Table table({{"DECIDED", Align::right},
		     {"PROTOCOL"},
		     {"CLIENT"},
		     {"SERVER"},
		     {"HOST"},
		     {"EVIDENCE"},
		     {"CLASS"},
		     {"RULE"},
		     {"DSCP IN"},
		     {"INTERFACE"},
		     {"VLAN", Align::right}});
	for (const json &flow : flows.at("flows"))
		table.add({format_duration(flow.at("age_seconds").get<double>()) + " ago",
			   flow.at("protocol"), end_of(flow, "client", "client_port"),
			   end_of(flow, "server", "server_port"), text_or_empty(flow.at("host")),
			   flow.at("evidence"), flow.at("class"), flow.at("rule"),
			   text_or_empty(flow.at("dscp_in_name")), flow.at("interface"),
			   vlan_of(flow)});
	return table.empty() ? "no flow\n" : table.render(style);
}

Command add_flows_command(CLI::App &parent)
{
	auto options = std::make_shared<FlowsOptions>();
	CLI::App *app = parent.add_subcommand("flows", "show what was decided lately");
	add_control_option(*app, options->control);
	add_output_option(*app, options->json);
	app->add_option("--class", options->filter.class_name, "only of this class")
		->type_name("NAME");
	app->add_option("--host", options->filter.host,
			"only of servers with this name, or of a glob")
		->type_name("NAME");
	app->add_option("--client", options->client, "only of this initiator, or of a prefix")
		->type_name("ADDRESS")
		->check(check_client);
	app->add_option("--limit", options->filter.limit, "no more than this, the newest first")
		->type_name("N")
		->check(CLI::PositiveNumber.description(""));
	return {app, [options] { return flows(*options); }};
}

} // namespace flowmark
