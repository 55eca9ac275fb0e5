// SPDX-License-Identifier: Apache-2.0
#include "replay/explain.h"

#include "names/name.h"

namespace flowmark {

Result<std::vector<ExplainedFlow>> explain_flows(const ReplayReport &report, const Config &config,
						 const Instance &instance,
						 const std::string &interface)
{
	const auto tables = instance.tables();
	if (!tables)
		return tables.error();
	std::vector<ExplainedFlow> out;
	out.reserve(report.flows.size());
	for (const ReplayedFlow &flow : report.flows) {
		ExplainedFlow explained;
		explained.facts = facts_of(flow.key(),
					   (flow.decision.flags & FM_EXACT_FLIPPED) != 0);
		explained.facts.dscp = flow.decision.dscp;
		explained.facts.slot = flow.decision.slot;
		explained.facts.interface = interface;
		explained.facts.host = flow.decided_by.host;
		explained.evidence.label = evidence_label(flow.decided_by.evidence);
		if (flow.name.host != flow.decided_by.host)
			explained.later_host = flow.name.host;
		explained.explanation = explain(config, (*tables).tables(), explained.facts);
		out.push_back(std::move(explained));
	}
	return out;
}

} // namespace flowmark
