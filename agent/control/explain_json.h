// SPDX-License-Identifier: Apache-2.0
// What explains flows, as JSON with stable keys: requests and answers.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "explain/explained_flow.h"
#include "explain/flow_query.h"

namespace flowmark {

// {"protocol": "tcp", "client": "192.0.2.7:51000", "server": "203.0.113.5:443"} and, where
// given, "vlan": 5, "interface": "eth0", "name": "example.com", "dscp": "EF". Takes any JSON.
Result<FlowQuery> query_from_json(const nlohmann::json &request);

// {class, dscp, dscp_name, rule, earlier: [{rule, class, condition, place, found, wanted}]}
nlohmann::json to_json(const Explanation &explanation);

// The same with the flow's ends, what its conditions rest on, and the decision noted last.
nlohmann::json to_json(const std::vector<ExplainedFlow> &flows);

} // namespace flowmark
