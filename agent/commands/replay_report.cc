// SPDX-License-Identifier: Apache-2.0
#include "commands/replay_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands/explain.h"
#include "commands/json_fields.h"
#include "commands/table.h"
#include "commands/units.h"
#include "config/scalars.h"
#include "control/explain_json.h"
#include "datapath/flow_reader.h"
#include "names/name.h"
#include "policy/bind.h"

namespace flowmark {

using nlohmann::json;

namespace {

using Align = Column::Align;

json dscp_or_null(std::uint8_t dscp)
{
	return dscp < FM_DSCP_NONE ? json(dscp) : json();
}

std::string address_of(const fm_flow_key &key, bool low)
{
	const __u64 *const address = low ? key.low_addr : key.high_addr;
	return format_address(key.family, address[0], address[1]);
}

json port_of(const ReplayedFlow &flow, bool low)
{
	if (!flow.has_ports())
		return {};
	return low ? flow.key().low_port : flow.key().high_port;
}

json flow_json(const ReplayedFlow &flow, const Config &config, const PolicyNames &names)
{
	const bool client = flow.client_is_low();
	const SentBy &sent = flow.sent_by_client();
	return {{"protocol", format_protocol(flow.key().protocol)},
		{"vlan", flow.key().vlan == 0 ? json() : json(flow.key().vlan)},
		{"client", address_of(flow.key(), client)},
		{"client_port", port_of(flow, client)},
		{"server", address_of(flow.key(), !client)},
		{"server_port", port_of(flow, !client)},
		{"host", flow.name.host.empty() ? json() : json(flow.name.host)},
		{"evidence", evidence_label(flow.name.evidence)},
		{"class", config.classes.at(flow.class_index()).name},
		{"rule", names.rule(0, flow.decision.rule)},
		{"packets", flow.packets()},
		{"bytes", flow.bytes()},
		{"dscp_in", sent.first_dscp},
		{"dscp_out", sent.last_dscp}};
}

struct ClassSum {
	std::uint64_t flows = 0, packets = 0, bytes = 0;
};

json classes_json(const ReplayReport &report, const Config &config)
{
	std::vector<ClassSum> sums(config.classes.size());
	for (const ReplayedFlow &flow : report.flows) {
		ClassSum &sum = sums.at(flow.class_index());
		sum.flows++;
		sum.packets += flow.packets();
		sum.bytes += flow.bytes();
	}
	json out = json::array();
	for (std::size_t i = 0; i < sums.size(); i++)
		out.push_back({{"class", config.classes[i].name},
			       {"dscp", dscp_or_null(config.classes[i].dscp)},
			       {"flows", sums[i].flows},
			       {"packets", sums[i].packets},
			       {"bytes", sums[i].bytes}});
	return out;
}

json undecided_json(const ReplayReport &report)
{
	json out = json::array();
	for (unsigned reason = 0; reason < FM_REASON_COUNT; reason++)
		if (report.undecided[reason].packets > 0)
			out.push_back({{"reason", reason_label(reason)},
				       {"packets", report.undecided[reason].packets},
				       {"bytes", report.undecided[reason].bytes}});
	return out;
}

std::string number_of(const json &value)
{
	return value.is_null() ? "" : fmt::to_string(count_of(value));
}

std::string dscp_of(const json &value)
{
	return value.is_null() ? "keep" : format_dscp(count_of<std::uint8_t>(value));
}

std::string flow_table(const json &flows, const Style &style)
{
	Table table({{"PROTOCOL"},
		     {"CLIENT"},
		     {"SERVER"},
		     {"VLAN", Align::right},
		     {"HOST"},
		     {"EVIDENCE"},
		     {"CLASS"},
		     {"RULE"},
		     {"PACKETS", Align::right},
		     {"BYTES", Align::right},
		     {"DSCP IN"},
		     {"DSCP OUT"}});
	for (const json &flow : flows) {
		table.add({flow.at("protocol"), end_of(flow, "client", "client_port"),
			   end_of(flow, "server", "server_port"), number_of(flow.at("vlan")),
			   text_or_empty(flow.at("host")), flow.at("evidence"), flow.at("class"),
			   flow.at("rule"), number_of(flow.at("packets")), bytes_of(flow),
			   dscp_of(flow.at("dscp_in")), dscp_of(flow.at("dscp_out"))});
	}
	return table.empty() ? "no flow\n" : table.render(style);
}

std::string class_table(const json &classes, const Style &style)
{
	Table table({{"CLASS"},
		     {"DSCP"},
		     {"FLOWS", Align::right},
		     {"PACKETS", Align::right},
		     {"BYTES", Align::right}});
	for (const json &row : classes)
		table.add({row.at("class"), dscp_of(row.at("dscp")), number_of(row.at("flows")),
			   number_of(row.at("packets")), bytes_of(row)},
			  row.at("flows") == 0 ? Table::Tone::dim : Table::Tone::plain);
	return table.render(style);
}

std::string undecided_table(const json &undecided, const Style &style)
{
	Table table({{"UNDECIDED"}, {"PACKETS", Align::right}, {"BYTES", Align::right}});
	for (const json &row : undecided)
		table.add({row.at("reason"), number_of(row.at("packets")), bytes_of(row)});
	return table.empty() ? "" : '\n' + table.render(style);
}

std::string explanations(const json &flows, const Style &style)
{
	std::string out;
	for (const json &flow : flows)
		if (flow.contains("explanation"))
			out += '\n' + render_explanation(flow.at("explanation"), style);
	return out;
}

} // namespace

json replay_json(const ReplayReport &report, const Config &config)
{
	PolicyNames names;
	names.add(0, config);
	json flows = json::array();
	for (const ReplayedFlow &flow : report.flows)
		flows.push_back(flow_json(flow, config, names));
	return {{"flows", std::move(flows)},
		{"classes", classes_json(report, config)},
		{"undecided", undecided_json(report)},
		{"errors", report.errors}};
}

void add_explanations(json &report, const std::vector<ExplainedFlow> &explained)
{
	json all = to_json(explained);
	for (std::size_t i = 0; i < all.size(); i++) {
		all[i].erase("noted"); // which is for living flows
		report["flows"][i]["explanation"] = std::move(all[i]);
	}
}

std::string render_replay(const json &report, const Style &style)
{
	return flow_table(report.at("flows"), style) + '\n' +
	       class_table(report.at("classes"), style) +
	       undecided_table(report.at("undecided"), style) +
	       explanations(report.at("flows"), style);
}

} // namespace flowmark
