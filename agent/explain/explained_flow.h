// SPDX-License-Identifier: Apache-2.0
// A living flow and why it is in its class.
#pragma once

#include <optional>
#include <string>

#include "explain/explanation.h"

namespace flowmark {

// Where the name of a flow came from.
struct NameEvidence {
	std::string label = "none"; // evidence_label(), or "supposed"
	// Of a name that the flow has: since when; of one that only DNS says: until when.
	std::optional<double> age_seconds, expires_seconds;
};

// The last decision of the packet path that was noted.
struct NotedDecision {
	double age_seconds = 0;
	std::string class_name, rule; // empty: of a policy that is forgotten
	bool stale = false;	      // under an earlier policy: the next packet decides anew
};

struct ExplainedFlow {
	FlowFacts facts;
	NameEvidence evidence;
	std::string later_host; // in a replay: came behind the last packet that was decided
	std::optional<NotedDecision> noted; // none: it is not among the recent flows
	Explanation explanation;	    // what holds now
};

} // namespace flowmark
