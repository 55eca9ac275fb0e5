// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow_reader.h"

#include <algorithm>
#include <ctime>
#include <functional>

#include <fmt/format.h>

#include "config/scalars.h"
#include "datapath/map_walk.h"
#include "datapath/name_maps.h"
#include "names/name.h"

namespace flowmark {

namespace {

constexpr std::size_t kGenerationsKept = 64;

double age_seconds(std::uint64_t since_ns)
{
	timespec now{};
	clock_gettime(CLOCK_MONOTONIC, &now);
	return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 -
	       static_cast<double>(since_ns) * 1e-9;
}

// The low end is the responder unless the roles are flipped.
void fill_ends(const fm_flow_key &key, bool flipped, FlowStatus &flow)
{
	const std::string low = format_address(key.family, key.low_addr[0], key.low_addr[1]);
	const std::string high = format_address(key.family, key.high_addr[0], key.high_addr[1]);
	flow.server = flipped ? high : low;
	flow.client = flipped ? low : high;
	flow.server_port = flipped ? key.high_port : key.low_port;
	flow.client_port = flipped ? key.low_port : key.high_port;
}

} // namespace

void PolicyNames::add(std::uint32_t generation, const Config &config)
{
	Names names{generation, {}, {}};
	for (const Class &cls : config.classes)
		names.classes.push_back(cls.name);
	for (const Rule &rule : config.rules)
		names.rules.push_back(
			fmt::format("{}:{}", config.files[rule.location.file], rule.location.line));
	names_.push_back(std::move(names));
	if (names_.size() > kGenerationsKept)
		names_.pop_front();
}

const PolicyNames::Names *PolicyNames::find(std::uint32_t generation) const
{
	const auto found = std::find_if(names_.begin(), names_.end(), [&](const Names &names) {
		return names.generation == generation;
	});
	return found == names_.end() ? nullptr : &*found;
}

std::string PolicyNames::class_name(std::uint32_t generation, unsigned index) const
{
	const Names *names = find(generation);
	return names != nullptr && index < names->classes.size() ? names->classes[index] : "";
}

std::string PolicyNames::rule(std::uint32_t generation, unsigned index) const
{
	const Names *names = find(generation);
	if (names == nullptr)
		return "";
	return index < names->rules.size() ? names->rules[index] : "default";
}

std::vector<FlowStatus> read_flows(BpfObject &object, const PolicyNames &names,
				   const std::function<std::string(unsigned)> &interface_name)
{
	std::vector<FlowStatus> flows;
	const NameMaps host_names(object);
	walk_map<fm_flow_key, fm_recent>(
		object.recent_fd(), FM_RECENT_ENTRIES,
		[&](const fm_flow_key &key, const fm_recent &recent) {
			FlowStatus flow;
			flow.protocol = format_protocol(key.protocol);
			fill_ends(key, (recent.flags & FM_EXACT_FLIPPED) != 0, flow);
			flow.vlan = key.vlan;
			flow.interface = interface_name(recent.slot);
			flow.class_name = names.class_name(recent.generation, recent.class_index);
			flow.rule = names.rule(recent.generation, recent.rule);
			flow.evidence = "rule";
			if (const auto host = host_names.name_of(key); host && host->length != 0) {
				flow.host = host->text;
				flow.evidence = evidence_label(
					static_cast<fm_evidence>(host->evidence));
			}
			flow.dscp_in = recent.dscp;
			flow.age_seconds = age_seconds(recent.decided_ns);
			flows.push_back(std::move(flow));
		});
	std::sort(flows.begin(), flows.end(), [](const FlowStatus &a, const FlowStatus &b) {
		return a.age_seconds < b.age_seconds;
	});
	return flows;
}

} // namespace flowmark
