// SPDX-License-Identifier: Apache-2.0
// Where replay gets the names of flows from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <flowmark/abi.h>

namespace flowmark {

struct FlowName {
	std::string host; // empty: none
	fm_evidence evidence = FM_EVIDENCE_NONE;
	// Which end sent the ClientHello that has it, if one did.
	std::optional<bool> hello_from_low;
};

class NameSource {
      public:
	virtual ~NameSource() = default;

	// A packet has run; the capture says when it was. The place to do what the agent
	// does between packets: to take what the packet path handed on.
	virtual void after_packet(std::uint64_t time_ns) = 0;

	// What is known of the flow now.
	[[nodiscard]] virtual FlowName name_of(const fm_flow_key &key) = 0;

	// The ports are used again: what was known belongs to another flow.
	virtual void forget(const fm_flow_key &key) = 0;
	// Another capture begins.
	virtual void forget_all() = 0;
};

} // namespace flowmark
