// SPDX-License-Identifier: Apache-2.0
#include "control/to_json.h"

#include <nlohmann/json.hpp>
#include <sys/utsname.h>

#include "base/time.h"
#include "config/scalars.h"

namespace flowmark {

using nlohmann::json;

namespace {

const char *name_of(Direction direction)
{
	return direction == kIngress ? "ingress" : "egress";
}

json number_or_null(std::uint8_t dscp)
{
	return dscp < FM_DSCP_NONE ? json(dscp) : json();
}

json time_or_null(const std::optional<WallTime> &time)
{
	return time ? json(format_utc(*time)) : json();
}

json policy_json(const PolicyStatus &policy)
{
	return {{"generation", policy.generation},
		{"rules", policy.rules},
		{"classes", policy.classes},
		{"sets", policy.sets},
		{"set_members", policy.set_members},
		{"compile_seconds", policy.compile_seconds},
		{"stage_seconds", policy.stage_seconds}};
}

json pins_json(const PinStatus &pins)
{
	return {{"path", pins.path},
		{"pinned", pins.pinned},
		{"taken_over", pins.taken_over},
		{"error", pins.error.empty() ? json() : json(pins.error)}};
}

json canary_json(const CanaryStatus &canary)
{
	return {{"healthy", canary.last.looked ? json(canary.last.holds()) : json()},
		{"error", canary.last.error.empty() ? json() : json(canary.last.error)},
		{"correct", canary.correct},
		{"wrong", canary.wrong},
		{"failed", canary.failed}};
}

json interface_json(const InterfaceStatus &interface)
{
	return {{"interface", interface.name},
		{"ifindex", interface.ifindex},
		{"direction", name_of(interface.direction)},
		{"hook", interface.hook},
		{"attached", interface.attached},
		{"error", interface.error.empty() ? json() : json(interface.error)},
		{"mark", interface.mark},
		{"trust", interface.trust},
		{"wash", interface.wash}};
}

const char *name_of(XdpMode mode)
{
	switch (mode) {
	case XdpMode::automatic:
		return "auto";
	case XdpMode::native:
		return "native";
	case XdpMode::generic:
		return "generic";
	case XdpMode::off:
		break;
	}
	return "off";
}

json xdp_json(const XdpStatus &xdp)
{
	return {{"interface", xdp.name},
		{"wanted", name_of(xdp.wanted)},
		{"mode", name_of(xdp.mode)},
		{"proven", xdp.proven},
		{"error", xdp.error.empty() ? json() : json(xdp.error)}};
}

json table_json(const TableStatus &table)
{
	return {{"table", table.name},
		{"entries", table.entries},
		{"max_entries", table.max_entries},
		{"update_failures", table.update_failures}};
}

json program_json(const ProgramStatus &program)
{
	return {{"program", program.name},
		{"id", program.id},
		{"tag", program.tag},
		{"run_count", program.run_count},
		{"run_time_ns", program.run_time_ns}};
}

json count_json(const ClassCount &count)
{
	return {{"interface", count.interface}, {"direction", name_of(count.direction)},
		{"packets", count.packets},	{"bytes", count.bytes},
		{"marked", count.marked},	{"current", count.current}};
}

json class_json(const ClassCount &count)
{
	json row = count_json(count);
	row["class"] = count.name;
	row["dscp"] = number_or_null(count.dscp);
	row["dscp_name"] = format_dscp(count.dscp);
	if (count.policed) {
		row["policed_packets"] = count.policed_packets;
		row["policed_bytes"] = count.policed_bytes;
	}
	return row;
}

json reason_json(const ClassCount &count)
{
	json row = count_json(count);
	row["reason"] = count.name;
	row.erase("marked");
	return row;
}

json flow_json(const FlowStatus &flow)
{
	const json dscp_in = number_or_null(flow.dscp_in);
	return {{"protocol", flow.protocol},
		{"client", flow.client},
		{"client_port", flow.client_port},
		{"server", flow.server},
		{"server_port", flow.server_port},
		{"vlan", flow.vlan},
		{"interface", flow.interface},
		{"class", flow.class_name},
		{"rule", flow.rule},
		{"host", flow.host.empty() ? json() : json(flow.host)},
		{"evidence", flow.evidence},
		{"dscp_in", dscp_in},
		{"dscp_in_name", dscp_in.is_null() ? json() : json(format_dscp(flow.dscp_in))},
		{"age_seconds", flow.age_seconds}};
}

json kernel_json(const std::vector<FeatureStatus> &features)
{
	utsname kernel{};
	uname(&kernel);
	json by_name = json::object();
	for (const FeatureStatus &feature : features)
		by_name[feature.name] = feature.available;
	return {{"release", kernel.release}, {"features", std::move(by_name)}};
}

template <typename T>
json array_of(const std::vector<T> &rows, json (*convert)(const T &))
{
	json out = json::array();
	for (const T &row : rows)
		out.push_back(convert(row));
	return out;
}

} // namespace

json to_json(const EngineStatus &status)
{
	return {{"policy", policy_json(status.policy)},
		{"kernel", kernel_json(status.features)},
		{"pins", pins_json(status.pins)},
		{"canary", canary_json(status.canary)},
		{"retired_counters", status.retired_counters},
		{"interfaces", array_of(status.interfaces, interface_json)},
		{"xdp", array_of(status.xdp, xdp_json)},
		{"tables", array_of(status.tables, table_json)},
		{"programs", array_of(status.programs, program_json)}};
}

json to_json(const ReloadRecord &record)
{
	const bool refused = record.last_attempt && !record.last.ok;
	return {{"ok", !refused},
		{"error", refused ? json(record.last.error) : json()},
		{"diagnostics", record.last.diagnostics},
		{"time", time_or_null(record.last_attempt)},
		{"last_success", time_or_null(record.last_success)},
		{"successes", record.successes},
		{"failures", record.failures}};
}

json to_json(const std::vector<ClassCount> &counts)
{
	json out = {{"classes", json::array()}, {"undecided", json::array()}};
	for (const ClassCount &count : counts) {
		if (count.is_reason)
			out["undecided"].push_back(reason_json(count));
		else
			out["classes"].push_back(class_json(count));
	}
	return out;
}

json to_json(const std::vector<FlowStatus> &flows)
{
	return array_of(flows, flow_json);
}

} // namespace flowmark
