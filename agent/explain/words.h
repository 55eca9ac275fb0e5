// SPDX-License-Identifier: Apache-2.0
// What a condition found, and what it wanted, as people write it.
#pragma once

#include <string>

#include "config/config.h"
#include "explain/flow_facts.h"

namespace flowmark {

// What `facts` have for the condition: "tcp", "51000 and 443", "no name is known".
std::string found_words(fm_condition condition, const FlowFacts &facts);

// What a rule says: "5060-5061, @office"; of a long list the beginning.
std::string wanted_words(fm_condition condition, const Config &config, const Values &values);

} // namespace flowmark
