// SPDX-License-Identifier: Apache-2.0
// Explains living flows: what the packet path knows of one, and what the tables in force
// make of that.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "datapath/bpf_object.h"
#include "datapath/flow_reader.h"
#include "explain/explained_flow.h"
#include "explain/flow_query.h"

namespace flowmark {

class FlowExplainer {
      public:
	// All must outlive it. `slots`: the names of attached interfaces by their slots.
	FlowExplainer(BpfObject &object, const Config &config, const PolicyNames &names,
		      std::map<std::uint32_t, std::string> slots)
		: object_(object), config_(config), names_(names), slots_(std::move(slots))
	{}

	// One for each interface and VLAN that the flow was lately seen on; if none, what
	// would become of it. An error where that cannot be said.
	Result<std::vector<ExplainedFlow>> explain(const fm_lookup_tables &tables,
						   const FlowQuery &query) const;

      private:
	[[nodiscard]] std::vector<ExplainedFlow> recent_flows(const FlowQuery &query) const;
	[[nodiscard]] Result<ExplainedFlow> unseen_flow(const FlowQuery &query) const;
	[[nodiscard]] Result<std::uint8_t> slot_for(const FlowQuery &query) const;
	[[nodiscard]] std::uint32_t iface_of(std::uint32_t slot) const;
	void find_name(ExplainedFlow &flow, const FlowQuery &query) const;

	BpfObject &object_;
	const Config &config_;
	const PolicyNames &names_;
	std::map<std::uint32_t, std::string> slots_;
};

} // namespace flowmark
