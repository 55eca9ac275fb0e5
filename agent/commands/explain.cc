// SPDX-License-Identifier: Apache-2.0
// flowmark explain: why a living flow is in its class, and why no earlier rule has it.
#include "commands/explain.h"

#include <map>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands/ask.h"
#include "commands/command.h"
#include "commands/json_fields.h"
#include "commands/options.h"
#include "commands/table.h"
#include "commands/units.h"
#include "config/text.h"
#include "control/client.h"
#include "control/explain_json.h"

namespace flowmark {

using nlohmann::json;

namespace {

std::string title_of(const json &flow)
{
	std::string title = fmt::format("{} {} -> {}", text_of(flow.at("protocol")),
					end_of(flow, "client", "client_port"),
					end_of(flow, "server", "server_port"));
	if (!flow.at("interface").is_null())
		title += " on " + text_of(flow.at("interface"));
	if (const auto vlan = count_of<std::uint16_t>(flow.at("vlan")); vlan != 0)
		title += fmt::format(", VLAN {}", vlan);
	return title;
}

// What the labels of evidence stand for.
std::string evidence_words(const std::string &label)
{
	static const std::map<std::string, const char *> words{
		{"sni", "its TLS ClientHello says so"},
		{"quic", "the ClientHello in its QUIC Initials says so"},
		{"dns", "a DNS answer to its client says so"},
		{"outer-sni",
		 "a provider's public name in its ClientHello: ECH hides the real one"},
		{"supposed", "supposed"},
	};
	const auto found = words.find(label);
	return found == words.end() ? label : found->second;
}

std::string host_of(const json &flow)
{
	if (flow.at("host").is_null())
		return "no name is known";
	std::string host = fmt::format("{}: {}", text_of(flow.at("host")),
				       evidence_words(text_of(flow.at("evidence"))));
	if (const json &age = flow.at("evidence_age_seconds"); !age.is_null())
		host += fmt::format(", known for {}", format_duration(age.get<double>()));
	if (const json &left = flow.at("evidence_expires_seconds"); !left.is_null())
		host += fmt::format(", for another {}", format_duration(left.get<double>()));
	return host;
}

std::string noted_of(const json &noted)
{
	if (noted.is_null())
		return "not among the recent flows: this is what would become of it";
	const std::string cls = text_of(noted.at("class"));
	return fmt::format(
		"{} ago: {}{}", format_duration(noted.at("age_seconds").get<double>()),
		cls.empty() ? "under a policy that is forgotten"
			    : fmt::format("class {}, rule {}", cls, text_of(noted.at("rule"))),
		noted.at("stale").get<bool>()
			? "; a reload came since, the next packet decides anew"
			: "");
}

std::string render_earlier(const json &earlier, const Style &style)
{
	Table table({{"EARLIER RULE"}, {"CLASS"}, {"CONDITION"}, {"THE FLOW HAS"}, {"IT WANTS"}});
	for (const json &each : earlier)
		table.add({each.at("rule"), each.at("class"), each.at("condition"),
			   each.at("found"), each.at("wanted")});
	return table.empty() ? "" : '\n' + table.render(style);
}

struct ExplainOptions {
	std::string control = kDefaultControlPath;
	bool json = false;
	std::string protocol, client, server;
	std::optional<std::string> name, interface, dscp;
	std::optional<unsigned> vlan;
};

json request_of(const ExplainOptions &options)
{
	json request = {{"command", "explain"},
			{"protocol", options.protocol},
			{"client", options.client},
			{"server", options.server}};
	if (options.name)
		request["name"] = *options.name;
	if (options.interface)
		request["interface"] = *options.interface;
	if (options.dscp)
		request["dscp"] = *options.dscp;
	if (options.vlan)
		request["vlan"] = *options.vlan;
	return request;
}

std::string render_all(const json &flows, const Style &style)
{
	std::string out;
	for (const json &flow : flows.at("flows"))
		out += (out.empty() ? "" : "\n") + render_explanation(flow, style);
	return out;
}

int explain(const ExplainOptions &options)
{
	const json request = request_of(options);
	// What the agent would refuse is wrong usage.
	if (const auto query = query_from_json(request); !query) {
		print_error(query.error().message);
		return kUsage;
	}
	return show_answer(options.control, request, [&](const json &result) {
		return options.json ? pretty_json(result) : render_all(result, stdout_style());
	});
}

} // namespace

std::string render_explanation(const json &flow, const Style &style)
{
	std::string out = title_of(flow) + '\n';
	out += fmt::format("  class    {} (DSCP {})\n", text_of(flow.at("class")),
			   text_of(flow.at("dscp_name")));
	const std::string rule = text_of(flow.at("rule"));
	out += fmt::format("  rule     {}\n", rule == "default" ? "default: no rule holds" : rule);
	out += fmt::format("  host     {}\n", host_of(flow));
	if (const json &later = flow.at("later_host"); !later.is_null())
		out += fmt::format("  later    {}: known since the last packet, the next one "
				   "would be decided by it\n",
				   text_of(later));
	out += fmt::format("  DSCP in  {}\n", flow.at("dscp_in").is_null()
						      ? "not known, or not asked for by any rule"
						      : text_of(flow.at("dscp_in_name")));
	if (flow.contains("noted"))
		out += fmt::format("  decided  {}\n", noted_of(flow.at("noted")));
	return out + render_earlier(flow.at("earlier"), style);
}

Command add_explain_command(CLI::App &parent)
{
	auto options = std::make_shared<ExplainOptions>();
	CLI::App *app = parent.add_subcommand("explain", "say why a flow is in its class");
	app->add_option("protocol", options->protocol, "tcp, udp, icmp, ... or its number")
		->type_name("PROTOCOL")
		->required();
	app->add_option("client", options->client, "who opened it: 192.0.2.7:51000")
		->type_name("ADDRESS[:PORT]")
		->required();
	app->add_option("server", options->server, "whom to: 203.0.113.5:443, [2001:db8::5]:443")
		->type_name("ADDRESS[:PORT]")
		->required();
	app->add_option("--name", options->name, "suppose that the server has this name")
		->type_name("NAME");
	app->add_option("--dscp", options->dscp, "suppose that the client sets this mark")
		->type_name("DSCP");
	app->add_option("--interface", options->interface, "as it passes this interface")
		->type_name("NAME");
	app->add_option("--vlan", options->vlan, "in this outer VLAN; 0: untagged")
		->type_name("ID");
	add_control_option(*app, options->control);
	add_output_option(*app, options->json);
	return {app, [options] { return explain(*options); }};
}

} // namespace flowmark
