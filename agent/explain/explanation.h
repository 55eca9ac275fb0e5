// SPDX-License-Identifier: Apache-2.0
// Why a flow is in its class: the rule that decides, and what speaks against each one
// before it. Worked out by the packet path's own lookups (lookup/lookup.h) from the
// compiled tables; the policy as written only gives the places and the words.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "explain/flow_facts.h"
#include "lookup/lookup.h"

namespace flowmark {

// An earlier rule, and the first of its conditions that does not hold.
struct Objection {
	std::string rule; // "FILE:LINE"
	std::string class_name;
	std::string condition; // its key
	std::string place;     // "FILE:LINE" of the key
	std::string found, wanted;
};

struct Explanation {
	std::uint16_t rule = FM_RULE_DEFAULT; // index into Config::rules
	std::string place;		      // "FILE:LINE", or "default"
	std::string class_name;
	std::uint8_t dscp = FM_DSCP_KEEP; // of the class
	std::vector<Objection> earlier;	  // in the policy's order; all rules, if none holds
};

// `tables` are those that `config` was compiled to, with the interface of `facts` bound.
Explanation explain(const Config &config, const fm_lookup_tables &tables, const FlowFacts &facts);

} // namespace flowmark
