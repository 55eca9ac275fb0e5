// SPDX-License-Identifier: Apache-2.0
// The real programs with a policy in force, attached to nothing: packets are handed
// to them one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "datapath/bpf_object.h"
#include "datapath/counter_book.h"
#include "datapath/policy_writer.h"
#include "replay/link_layer.h"

namespace flowmark {

// What the programs made of a packet.
struct Verdict {
	std::uint32_t outcome = 0; // a class, or FM_OUTCOME_REASON + why there is none
	bool decided = false;	   // not recalled: decision() is this packet's
	ByteView bytes;		   // as it leaves; valid until the next packet
};

class Instance {
      public:
	// Loads the programs and puts `config` in force, for packets that arrive on
	// `interface`. Needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. `config` must remain
	// live as long as this.
	static Result<std::unique_ptr<Instance>> load(const Config &config,
						      const std::string &interface);

	// Of the packets that are run from now on.
	void set_time(std::uint64_t time_ns);

	// One that is shorter than least_frame() gets zeros behind it: that changes nothing
	// where the IP header says how long the packet is.
	// REQUIRES: at most longest_frame() bytes.
	Result<Verdict> run(const Frame &frame);
	// What the kernel takes, and for Ethernet a frame with a whole IP header.
	[[nodiscard]] static std::size_t least_frame(const Frame &frame);
	// What this kernel takes, found out by trying.
	[[nodiscard]] std::size_t longest_frame() const { return longest_; }

	// fm_flow_key::iface of the flow that such a frame belongs to.
	[[nodiscard]] std::uint32_t iface_of(const Frame &frame) const;

	// The flow's last decision, or kNoDecision.
	[[nodiscard]] fm_recent decision_of(const fm_flow_key &key) const;

	// Those in force.
	[[nodiscard]] Result<LiveTables> tables() const { return writer_.live_tables(); }

	// As if no packet of the flow had passed / of any flow.
	void forget(const fm_flow_key &key);
	void forget_all();

	[[nodiscard]] BpfObject &object() { return *object_; }

      private:
	explicit Instance(std::unique_ptr<BpfObject> object)
		: object_(std::move(object)), writer_(*object_)
	{}
	Result<void> put_in_force(const Config &config, const std::string &interface);
	void bind(const Config &config, const std::string &interface, bool raw_ip);
	void find_longest_frame();
	ByteView pad(const Frame &frame);

	std::unique_ptr<BpfObject> object_;
	PolicyWriter writer_;
	CounterBook book_;
	InterfaceSpec plain_; // of an interface that the policy does not name
	bool tells_apart_ = false;
	std::size_t longest_ = 0;
	std::vector<std::uint8_t> padded_, out_;
};

} // namespace flowmark
