// SPDX-License-Identifier: Apache-2.0
// The packet path as the rest of the agent sees it: put a policy in force, tell
// it which interfaces exist, read what it counted. Owns the BPF object, the
// attachments and the tables; knows nothing of sockets, metrics or terminals.
//
// Threads: every method may be called from any thread; they exclude each other.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "explain/explained_flow.h"
#include "explain/flow_query.h"

namespace flowmark {

enum class HookKind { automatic, tcx, clsact };

struct EngineOptions {
	HookKind hook = HookKind::automatic; // automatic: tcx, or clsact where the kernel has no
					     // tcx
	std::uint32_t cache_entries = 0;     // power of two; 0: twice the L2 cache
	std::string pins; // folder on a bpffs; empty: nothing outlives the engine
	bool keep = true; // with pins: leave all in place at the end
};

// What the kernel says of an interface.
struct InterfaceFacts {
	int ifindex = 0;
	std::string name;
	unsigned arphrd = 0; // ARPHRD_*
	unsigned mtu = 0;
};

// Of an interface that the policy wants XDP on.
struct XdpStatus {
	std::string name;
	XdpMode wanted = XdpMode::off;
	XdpMode mode = XdpMode::off; // off: all work is done by tc
	bool proven = false;	     // its notes reach tc; until then it leaves the work there
	std::string error;	     // why the mode is off
};

struct InterfaceStatus {
	std::string name;
	int ifindex = 0;
	Direction direction = kIngress;
	std::string hook; // "tcx" or "clsact"
	bool attached = false;
	std::string error; // why not, if not attached
	bool mark = true, trust = true, wash = false;
};

// A series of packet counters. Kept for as long as the pins live, also when the
// class or the interface has gone: counters never move and never fall. Only when
// the table is full are those of the longest gone interfaces given up.
struct ClassCount {
	std::string interface;
	Direction direction = kIngress;
	std::string name;	// of the class, or the label of the reason
	bool is_reason = false; // packets that passed undecided, under this reason
	std::uint8_t dscp = 0;	// of the class, or FM_DSCP_KEEP
	bool current = true;	// the class is in the policy in force and the interface is attached
	std::uint64_t packets = 0; // on the wire: a GSO packet counts as its segments
	std::uint64_t bytes = 0;   // from the link header on, as on the wire, without FCS
	std::uint64_t marked = 0;  // packets whose DSCP was changed
	// Dropped by the class's policer; not among the above.
	bool policed = false; // whether it has one in this direction
	std::uint64_t policed_packets = 0, policed_bytes = 0;
};

struct FlowStatus {
	std::string protocol;	    // "tcp", "udp", or as format_protocol() gives it
	std::string client, server; // addresses
	std::uint16_t client_port = 0, server_port = 0;
	std::uint16_t vlan = 0; // outer VLAN id, 0: untagged
	std::string interface;	// where it was decided
	std::string class_name;
	std::string rule;	  // "FILE:LINE", "default", or "" when the policy has changed since
	std::string host;	  // the server's name, empty if none is known
	std::string evidence;	  // where the name came from (evidence_label), else "rule"
	std::uint8_t dscp_in = 0; // the initiator's mark; FM_DSCP_NONE when not seen or not trusted
	double age_seconds = 0;	  // since the decision
};

struct TableStatus {
	std::string name; // rules, classes, set_members, interfaces, flow_cache, ...
	std::uint64_t entries = 0;
	std::uint64_t max_entries = 0;
	std::uint64_t update_failures = 0;
};

struct ProgramStatus {
	std::string name; // flowmark_in, flowmark_out
	std::uint32_t id = 0;
	std::string tag;	     // 16 hex digits
	std::uint64_t run_count = 0; // both stay 0 until kernel.bpf_stats_enabled is 1
	std::uint64_t run_time_ns = 0;
};

struct PolicyStatus {
	std::uint32_t generation = 0; // 0: none yet
	std::size_t rules = 0, classes = 0, sets = 0, set_members = 0;
	double compile_seconds = 0, stage_seconds = 0; // of the policy in force
};

// What outlives the engine.
struct PinStatus {
	std::string path;	 // "off" if none was wanted
	bool pinned = false;	 // else all ends with the engine
	bool taken_over = false; // this engine went on where an earlier one ended
	std::string error;	 // why not pinned, if it was wanted
};

// How often something happened on the way to names; `family` is a metric's name without
// "flowmark_" and "_total", `label` its one label's name and value.
struct NameCount {
	std::string family, label, value;
	std::uint64_t count = 0;
};

// Something that kernels may lack; what goes by it instead: datapath/kernel_features.h.
struct FeatureStatus {
	std::string name;
	bool available = false;
};

// Known packets that went through the living programs.
struct CanaryRound {
	bool looked = false;		      // false: it could not be done, `error` says why
	std::uint64_t correct = 0, wrong = 0; // packets, by how they left
	std::uint64_t failed = 0;	      // that could not be run
	std::string error;		      // the first that was not correct, in words

	[[nodiscard]] bool holds() const { return wrong == 0 && failed == 0; }
};

struct CanaryStatus {
	CanaryRound last;				  // not looked before the first round
	std::uint64_t correct = 0, wrong = 0, failed = 0; // of all rounds
};

struct EngineStatus {
	PolicyStatus policy;
	CanaryStatus canary;
	PinStatus pins;
	std::vector<FeatureStatus> features; // of the kernel
	std::uint64_t retired_counters = 0;  // of interfaces that had gone; given to others since
	std::vector<XdpStatus> xdp;
	std::vector<InterfaceStatus> interfaces; // a row per direction
	std::vector<TableStatus> tables;
	std::vector<ProgramStatus> programs;
	std::vector<NameCount> names; // those of a family together
	std::string names_error;      // why QUIC and DNS are not read, if they are not
};

class Engine {
      public:
	// Loads the BPF programs. Needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON.
	// Attaches nothing and has no policy yet; what an earlier engine left under
	// the same pins goes on as it is. An error if another one has these pins.
	static Result<std::unique_ptr<Engine>> open(const EngineOptions &options);

	// With pins and `keep`, everything stays attached, marks and counts. Else
	// detaches everything that it attached or took over, and nothing else.
	virtual ~Engine() = default;

	// Compiles `config`, stages it and makes it live. On an error the old policy
	// stays in force, untouched. Attaches to and detaches from the interfaces
	// that the new config names differently; one that cannot be attached does
	// not stop the others and is reported by status().
	virtual Result<void> apply(std::shared_ptr<const Config> config) = 0;

	// An interface appeared or was renamed / is gone.
	virtual void interface_up(const InterfaceFacts &interface) = 0;
	virtual void interface_gone(int ifindex) = 0;
	// Every interface that exists has been told of: what was taken over and is
	// not among them has gone. Removes what other versions left.
	virtual void interfaces_listed() = 0;

	// Sends known packets through the living programs and holds them against the policy
	// in force. No traffic, and no counter but the canary's own, is touched.
	virtual CanaryRound run_canary() = 0;

	[[nodiscard]] virtual EngineStatus status() const = 0;
	// Sorted by interface, direction, classes before reasons, policy order.
	[[nodiscard]] virtual std::vector<ClassCount> counts() const = 0;
	// Recently decided flows, newest first.
	[[nodiscard]] virtual std::vector<FlowStatus> flows() const = 0;
	// Why a flow is in its class: one for each interface and VLAN that it was lately seen
	// on, or what would become of it.
	[[nodiscard]] virtual Result<std::vector<ExplainedFlow>>
	explain(const FlowQuery &query) const = 0;
};

} // namespace flowmark
