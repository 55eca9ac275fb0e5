// SPDX-License-Identifier: Apache-2.0
// The recent flows of the packet path, in words.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <flowmark/abi.h>

#include "config/config.h"
#include "datapath/bpf_object.h"
#include "datapath/engine.h"

namespace flowmark {

// What the numbers of one generation stand for. Kept for a few generations back,
// without their sets, so that flows decided before a reload still have names.
class PolicyNames {
      public:
	void add(std::uint32_t generation, const Config &config);
	// Empty if the generation has been forgotten.
	[[nodiscard]] std::string class_name(std::uint32_t generation, unsigned index) const;
	// "FILE:LINE" of the rule, "default", or empty if forgotten.
	[[nodiscard]] std::string rule(std::uint32_t generation, unsigned index) const;

      private:
	struct Names {
		std::uint32_t generation;
		std::vector<std::string> classes;
		std::vector<std::string> rules;
	};
	[[nodiscard]] const Names *find(std::uint32_t generation) const;

	std::deque<Names> names_;
};

// `interface_name` gives the name that a slot has now, or "".
std::vector<FlowStatus> read_flows(BpfObject &object, const PolicyNames &names,
				   const std::function<std::string(unsigned)> &interface_name);

} // namespace flowmark
