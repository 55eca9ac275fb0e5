// SPDX-License-Identifier: Apache-2.0
// The plain classifier that everything else is held against: a scan over the rules
// as they are written, sharing no code with the compiler or the packet path. The canary
// asks it what the living programs should say, the property test what everything should.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/config.h"

namespace flowmark {

struct PlainPacket {
	std::uint8_t family = 4;
	std::uint64_t source[2] = {}, dest[2] = {}; // as Prefix: hi, lo
	std::uint16_t source_port = 0, dest_port = 0;
	bool has_ports = true;
	std::uint8_t protocol = 17;
	std::uint8_t dscp = 0; // the initiator's
	std::uint16_t vlan = 0;
	std::string interface;
	std::string host; // the server's name; empty: not known
};

// True if the source is the initiator: the end with the lower port (on equal
// ports, the lower address) is the responder.
bool source_is_client(const PlainPacket &packet);

// The first condition (enum fm_condition) that keeps the rule from holding; none: it holds.
std::optional<unsigned> plain_objection(const Config &config, std::size_t rule,
					const PlainPacket &packet);

// Index of the first rule that holds, or config.rules.size().
std::size_t plain_rule(const Config &config, const PlainPacket &packet);

// Of that rule, or the default class: index into config.classes.
std::uint32_t plain_class(const Config &config, std::size_t rule);

} // namespace flowmark
