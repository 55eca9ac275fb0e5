// SPDX-License-Identifier: Apache-2.0
// The part of a policy that depends on which interfaces there are: what each slot
// does with each outcome, and which rules it lets match.
#pragma once

#include <functional>
#include <string>

#include <flowmark/abi.h>

#include "config/config.h"

namespace flowmark {

struct Binding {
	std::uint32_t slot = 0;
	std::string interface;	   // its name
	const InterfaceSpec *spec = nullptr;
	// The counter that belongs to (interface, direction, class name or reason).
	std::function<std::uint16_t(Direction, const std::string &name, bool is_reason)> counter;
};

// Writes the slot's act, iface_flags and rule row of `policy`, which was compiled
// from `config`. May be called on a policy in force while no cell of fm_ifaces
// names the slot.
void bind_interface(fm_policy &policy, const Config &config, const Binding &binding);

// What a packet of this outcome gets written: the class's DSCP as mark:, wash:
// and trust: of the interface have it. FM_DSCP_KEEP: nothing.
std::uint8_t written_dscp(const InterfaceSpec &spec, Direction direction, std::uint8_t class_dscp);

// The labels of include/flowmark/reasons.h, by enum fm_reason.
const char *reason_label(unsigned reason);

} // namespace flowmark
