// SPDX-License-Identifier: Apache-2.0
#include "datapath/flow_explainer.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "config/text.h"
#include "datapath/map_walk.h"
#include "datapath/name_maps.h"
#include "names/name.h"

namespace flowmark {

namespace {

constexpr double kNs = 1e-9, kMs = 1e-3;

std::uint64_t now_ns()
{
	timespec now{};
	clock_gettime(CLOCK_MONOTONIC, &now);
	return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
	       static_cast<std::uint64_t>(now.tv_nsec);
}

// `since` is no later than now, but for the moment between the two clock readings.
double seconds_since(std::uint64_t since_ns)
{
	const std::uint64_t now = now_ns();
	return since_ns < now ? static_cast<double>(now - since_ns) * kNs : 0;
}

double age_of(const fm_name &name)
{
	const auto now_ms = static_cast<std::uint32_t>(now_ns() / 1'000'000);
	return static_cast<double>(now_ms - name.learned_ms) * kMs;
}

bool rules_look_at(const Config &config, fm_condition condition)
{
	return std::any_of(config.rules.begin(), config.rules.end(), [&](const Rule &rule) {
		return rule.conditions.at(condition).has_value();
	});
}

fm_binding_key binding_key(const FlowFacts &facts)
{
	fm_binding_key key{};
	for (std::size_t i = 0; i < facts.client.address.size(); i++) {
		key.client[i] = facts.client.address[i];
		key.server[i] = facts.server.address[i];
	}
	return key;
}

} // namespace

// As the packet path: a name of the flow's own, else what DNS told its client.
void FlowExplainer::find_name(ExplainedFlow &flow, const FlowQuery &query) const
{
	if (query.name) {
		flow.facts.host = make_name(*query.name, FM_EVIDENCE_SNI).text;
		flow.evidence.label = "supposed";
		return;
	}
	const NameMaps names(object_);
	FlowQuery ends = query;
	ends.vlan = flow.facts.vlan;
	const auto own = names.name_of(key_of(ends, iface_of(flow.facts.slot)));
	if (own && own->length != 0) {
		flow.facts.host = own->text;
		flow.evidence = {evidence_label(static_cast<fm_evidence>(own->evidence)),
				 age_of(*own), std::nullopt};
		return;
	}
	const auto told = names.find_binding(binding_key(flow.facts));
	if (told && told->expires_ns > now_ns()) {
		flow.facts.host = told->name.text;
		flow.evidence = {evidence_label(FM_EVIDENCE_DNS), std::nullopt,
				 static_cast<double>(told->expires_ns - now_ns()) * kNs};
	}
}

std::uint32_t FlowExplainer::iface_of(std::uint32_t slot) const
{
	return rules_look_at(config_, FM_COND_interface) ? slot + 1 : 0;
}

std::vector<ExplainedFlow> FlowExplainer::recent_flows(const FlowQuery &query) const
{
	std::vector<ExplainedFlow> flows;
	const std::uint32_t generation = object_.generation();
	walk_map<fm_flow_key, fm_recent>(
		object_.recent_fd(), FM_RECENT_ENTRIES,
		[&](const fm_flow_key &key, const fm_recent &recent) {
			const auto slot = slots_.find(recent.slot);
			const std::string name = slot == slots_.end() ? "" : slot->second;
			if (!is_flow(key, query) || (query.interface && name != *query.interface))
				return;
			ExplainedFlow flow;
			flow.facts = facts_of(key, (recent.flags & FM_EXACT_FLIPPED) != 0);
			flow.facts.dscp = query.dscp.value_or(recent.dscp);
			flow.facts.slot = recent.slot;
			flow.facts.interface = name;
			flow.noted = NotedDecision{
				seconds_since(recent.decided_ns),
				names_.class_name(recent.generation, recent.class_index),
				names_.rule(recent.generation, recent.rule),
				recent.generation != generation};
			flows.push_back(std::move(flow));
		});
	return flows;
}

Result<std::uint8_t> FlowExplainer::slot_for(const FlowQuery &query) const
{
	const auto named = std::find_if(slots_.begin(), slots_.end(), [&](const auto &slot) {
		return !query.interface || slot.second == *query.interface;
	});
	if (query.interface && named == slots_.end())
		return Error{fmt::format("{} is not attached", quote(*query.interface))};
	if (query.interface || (slots_.size() == 1 && named != slots_.end()))
		return static_cast<std::uint8_t>(named->first);
	if (rules_look_at(config_, FM_COND_interface))
		return Error{"the flow is not among the recent ones, and rules tell interfaces "
			     "apart: say which with --interface"};
	return std::uint8_t{0};
}

// What an older packet left in the exact table, else as it was asked for.
Result<ExplainedFlow> FlowExplainer::unseen_flow(const FlowQuery &query) const
{
	const auto slot = slot_for(query);
	if (!slot)
		return slot.error();
	const fm_flow_key key = key_of(query, iface_of(*slot));
	const fm_flow_key as_asked = key_of(query, 0);
	ExplainedFlow flow;
	fm_exact exact{};
	const bool known = bpf_map_lookup_elem(object_.exact_fd(), &key, &exact) == 0;
	const bool client_is_low = as_asked.low_port == query.client.port &&
				   as_asked.low_addr[0] == query.client.address[0] &&
				   as_asked.low_addr[1] == query.client.address[1];
	flow.facts = facts_of(key, known ? (exact.flags & FM_EXACT_FLIPPED) != 0 : client_is_low);
	flow.facts.dscp = query.dscp.value_or(
		known && (exact.flags & FM_EXACT_DSCP) != 0 ? exact.dscp : FM_DSCP_NONE);
	flow.facts.slot = *slot;
	if (const auto name = slots_.find(*slot); name != slots_.end())
		flow.facts.interface = name->second;
	return flow;
}

Result<std::vector<ExplainedFlow>> FlowExplainer::explain(const fm_lookup_tables &tables,
							  const FlowQuery &query) const
{
	std::vector<ExplainedFlow> flows = recent_flows(query);
	if (flows.empty()) {
		auto flow = unseen_flow(query);
		if (!flow)
			return flow.error();
		flows.push_back(std::move(*flow));
	}
	for (ExplainedFlow &flow : flows) {
		find_name(flow, query);
		flow.explanation = flowmark::explain(config_, tables, flow.facts);
	}
	return flows;
}

} // namespace flowmark
