// SPDX-License-Identifier: Apache-2.0
#include "control/explain_json.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/host.h"
#include "config/scalars.h"
#include "config/text.h"

namespace flowmark {

using nlohmann::json;

namespace {

constexpr std::int64_t kMaxVlan = 4094;

// The string under a key that must be there.
Result<std::string> string_of(const json &request, const char *key)
{
	const auto value = request.find(key);
	if (value == request.end() || !value->is_string())
		return Error{fmt::format("the key \"{}\" is missing or no string", key)};
	return value->get<std::string>();
}

// Lists and mappings are not walked: 64 KiB of brackets nest too deep for the stack.
std::string describe(const json &value)
{
	if (value.is_structured())
		return value.is_array() ? "a list" : "an object";
	return quote(value.is_string() ? value.get<std::string>() : value.dump());
}

Error wrong(const char *key, const json &value, const std::string &expected)
{
	return Error{fmt::format("{}: {}", key, found(describe(value), expected))};
}

Result<void> read_vlan(const json &value, FlowQuery &query)
{
	if (!value.is_number_integer() || value.get<std::int64_t>() < 0 ||
	    value.get<std::int64_t>() > kMaxVlan)
		return wrong("vlan", value, fmt::format("a number from 0 to {}", kMaxVlan));
	query.vlan = value.get<std::uint16_t>();
	return {};
}

Result<void> read_interface(const json &value, FlowQuery &query)
{
	if (!value.is_string())
		return wrong("interface", value, "a string");
	query.interface = value.get<std::string>();
	return {};
}

Result<void> read_name(const json &value, FlowQuery &query)
{
	HostNames names;
	if (!value.is_string() || !parse_host(value.get<std::string>(), names) ||
	    names[0].starts_with(kBelow))
		return wrong("name", value, "the name of a host: example.com");
	query.name = names[0];
	return {};
}

Result<void> read_dscp(const json &value, FlowQuery &query)
{
	query.dscp = value.is_string() ? parse_dscp(value.get<std::string>()) : std::nullopt;
	return query.dscp ? Result<void>{} : wrong("dscp", value, "a codepoint: EF, AF41, 46");
}

struct OptionRow {
	const char *key;
	Result<void> (*read)(const json &value, FlowQuery &query);
};

constexpr std::array<OptionRow, 4> kOptions{{
	{"vlan", read_vlan},
	{"interface", read_interface},
	{"name", read_name},
	{"dscp", read_dscp},
}};

json optional(const std::optional<double> &value)
{
	return value ? json(*value) : json();
}

json or_null(const std::string &text)
{
	return text.empty() ? json() : json(text);
}

json address_of(const FlowFacts &facts, const FlowEnd &end)
{
	return format_address(facts.family, end.address[0], end.address[1]);
}

json port_of(const FlowFacts &facts, const FlowEnd &end)
{
	return protocol_has_ports(facts.protocol) ? json(end.port) : json();
}

json noted_json(const std::optional<NotedDecision> &noted)
{
	if (!noted)
		return {};
	return {{"age_seconds", noted->age_seconds},
		{"class", noted->class_name},
		{"rule", noted->rule},
		{"stale", noted->stale}};
}

json flow_json(const ExplainedFlow &flow)
{
	const FlowFacts &facts = flow.facts;
	const bool marked = facts.dscp < FM_DSCP_NONE;
	json out = to_json(flow.explanation);
	out.update({{"protocol", format_protocol(facts.protocol)},
		    {"client", address_of(facts, facts.client)},
		    {"client_port", port_of(facts, facts.client)},
		    {"server", address_of(facts, facts.server)},
		    {"server_port", port_of(facts, facts.server)},
		    {"vlan", facts.vlan},
		    {"interface", or_null(facts.interface)},
		    {"host", or_null(facts.host)},
		    {"evidence", flow.evidence.label},
		    {"evidence_age_seconds", optional(flow.evidence.age_seconds)},
		    {"evidence_expires_seconds", optional(flow.evidence.expires_seconds)},
		    {"dscp_in", marked ? json(facts.dscp) : json()},
		    {"dscp_in_name", marked ? json(format_dscp(facts.dscp)) : json()},
		    {"later_host", or_null(flow.later_host)},
		    {"noted", noted_json(flow.noted)}});
	return out;
}

} // namespace

Result<FlowQuery> query_from_json(const json &request)
{
	if (!request.is_object())
		return Error{"found no JSON object"};
	const auto protocol = string_of(request, "protocol");
	const auto client = string_of(request, "client");
	const auto server = string_of(request, "server");
	for (const auto *text : {&protocol, &client, &server})
		if (!*text)
			return text->error();
	auto query = parse_flow(*protocol, *client, *server);
	if (!query)
		return query;
	for (const OptionRow &option : kOptions) {
		const auto value = request.find(option.key);
		if (value == request.end())
			continue;
		if (auto read = option.read(*value, *query); !read)
			return read.error();
	}
	return query;
}

json to_json(const Explanation &explanation)
{
	json earlier = json::array();
	for (const Objection &each : explanation.earlier)
		earlier.push_back({{"rule", each.rule},
				   {"class", each.class_name},
				   {"condition", each.condition},
				   {"place", each.place},
				   {"found", each.found},
				   {"wanted", each.wanted}});
	const bool marks = explanation.dscp < FM_DSCP_NONE;
	return {{"class", explanation.class_name},
		{"dscp", marks ? json(explanation.dscp) : json()},
		{"dscp_name", format_dscp(explanation.dscp)},
		{"rule", explanation.place},
		{"earlier", std::move(earlier)}};
}

json to_json(const std::vector<ExplainedFlow> &flows)
{
	json out = json::array();
	for (const ExplainedFlow &flow : flows)
		out.push_back(flow_json(flow));
	return out;
}

} // namespace flowmark
