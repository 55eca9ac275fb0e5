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
	std::string interface; // its name
	std::uint32_t mtu = 65535;
	bool raw_ip = false; // its frames have no link header
	const InterfaceSpec *spec = nullptr;
	// The counter that belongs to (interface, direction, class name or reason).
	std::function<std::uint16_t(Direction, const std::string &name, bool is_reason)> counter;
};

// A policy as the kernel has it: one slot of fm_policies and of fm_views.
struct PolicySlot {
	fm_policy &policy;
	fm_view *views; // by interface slot
};

// Writes the interface's view and rule row into a policy that was compiled
// from `config`. May be called on the one in force while no cell of fm_ifaces
// names the binding's slot.
void bind_interface(PolicySlot to, const Config &config, const Binding &binding);

// What a packet of this outcome gets written: the class's DSCP as mark:, wash:
// and trust: of the interface have it. FM_DSCP_KEEP: nothing.
std::uint8_t written_dscp(const InterfaceSpec &spec, Direction direction, std::uint8_t class_dscp);

// The labels of include/flowmark/reasons.h, by enum fm_reason.
const char *reason_label(unsigned reason);

} // namespace flowmark
