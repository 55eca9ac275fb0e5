// SPDX-License-Identifier: Apache-2.0
// A policy as the operator wrote it, decoded: plain structs without logic. The
// loader (config/loader.h) makes it from YAML, the compiler (policy/compile.h)
// makes table images of it. It says nothing about how the kernel looks things up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <flowmark/conditions.h>
#include <flowmark/dscp.h>
#include <flowmark/limits.h>

#include "config/host_names.h"

namespace flowmark {

// Where something was written. `file` indexes Config::files; line and column
// count from 1, 0 when unknown (a default).
struct Location {
	std::uint32_t file = 0;
	std::uint32_t line = 0;
	std::uint32_t column = 0;
};

// An address prefix in host byte order. An IPv4 prefix has hi == 0 and its
// address in the low 32 bits of lo; length counts from the family's own first
// bit. Bits past the length are 0.
struct Prefix {
	std::uint64_t hi = 0;
	std::uint64_t lo = 0;
	std::uint8_t length = 0;
	std::uint8_t family = 4; // 4 or 6

	auto operator<=>(const Prefix &) const = default;
};

// Both ends included.
struct Range {
	std::uint16_t first = 0;
	std::uint16_t last = 0;

	auto operator<=>(const Range &) const = default;
};

enum class SetKind : std::uint8_t { none, prefixes, ports, hosts };

struct Set {
	std::string name;
	SetKind kind = SetKind::none;
	std::vector<Prefix> prefixes; // kind == prefixes
	std::vector<Range> ports;     // kind == ports
	HostNames hosts;	      // kind == hosts
	Location location;

	// What counts against FM_MAX_SET_MEMBERS: one per prefix, range or name.
	[[nodiscard]] std::size_t members() const
	{
		return prefixes.size() + ports.size() + hosts.size();
	}
};

// The values of one condition of one rule; it holds if one of them does. Which
// of the lists a condition uses is said in its row of policy/condition.h.
struct Values {
	std::vector<Range> ranges;	 // ports, protocols, DSCPs, VLAN ids
	std::vector<Prefix> prefixes;	 // addresses
	HostNames hosts;		 // names of servers
	std::vector<std::string> names;	 // interfaces, globs as of fnmatch(3)
	std::vector<std::uint32_t> sets; // indexes into Config::sets
	Location location;		 // of the condition's key
};

struct Rule {
	std::uint32_t class_index = 0; // into Config::classes
	std::array<std::optional<Values>, FM_COND_COUNT> conditions;
	Location location;
};

// What a class may take of what arrives on an interface.
struct Police {
	std::uint64_t rate = 0;	 // bit/s on the wire; 0: not policed
	std::uint64_t burst = 0; // bytes
};

struct Class {
	std::string name;
	std::uint8_t dscp = FM_DSCP_KEEP; // 0..63, or FM_DSCP_KEEP
	Police police;
	Location location;
};

enum Direction : std::uint8_t { kIngress = 0, kEgress = 1, kDirections = 2 };

// automatic: native, or none where that cannot be had.
enum class XdpMode : std::uint8_t { off, automatic, native, generic };

struct InterfaceSpec {
	std::string pattern; // exact name or glob as of fnmatch(3); the first that fits decides
	XdpMode xdp = XdpMode::off;
	std::array<bool, kDirections> mark{true, true};
	std::array<bool, kDirections> wash{false, false};
	bool trust = true;
	Location location;
};

struct AgentOptions {
	std::string metrics = "127.0.0.1:19735"; // ADDRESS:PORT, [ADDRESS]:PORT, or "off"
	Location metrics_location;
	std::string control = "/run/flowmark/control.sock";
	std::string log_format = "text";	   // text | json
	std::string pins = "/sys/fs/bpf/flowmark"; // folder on a bpffs, or "off"
	bool keep_on_exit = true;     // with pins: marking and counting outlive the agent
	std::uint32_t flow_cache = 0; // entries, a power of two; 0: twice the L2 cache
};

// How names are learned.
struct NameOptions {
	// What a DNS answer says holds for its TTL, but at least and at most so many seconds.
	// Clients use an address beyond a short TTL: connections outlive it.
	std::uint32_t dns_ttl_floor = 60;
	std::uint32_t dns_ttl_ceiling = 86'400;
	// Of providers: in a ClientHello they stand for names that ECH hides.
	HostNames public_names;
};

struct Config {
	std::vector<std::string> files; // every policy and set file that was read, in order
	std::vector<InterfaceSpec> interfaces;
	std::vector<Class> classes; // at least one; at most FM_MAX_CLASSES
	std::vector<Set> sets;
	std::vector<Rule> rules; // in order of precedence
	std::uint32_t default_class = 0;
	AgentOptions agent;
	NameOptions names;

	[[nodiscard]] std::size_t set_members() const
	{
		std::size_t n = 0;
		for (const Set &set : sets)
			n += set.members();
		return n;
	}
};

} // namespace flowmark
