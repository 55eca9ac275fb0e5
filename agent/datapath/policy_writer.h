// SPDX-License-Identifier: Apache-2.0
// The one writer of policies: stages one into the idle slot, then makes it live
// with a single store.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "base/unique_fd.h"
#include "datapath/bpf_object.h"
#include "datapath/live_tables.h"
#include "policy/bind.h"
#include "policy/compiler.h"

namespace flowmark {

// What fm_net4, fm_net6 and fm_hosts have of one policy; a later one may share them.
struct InnerMaps {
	std::shared_ptr<const UniqueFd> net4, net6, hosts;
};

class PolicyWriter {
      public:
	explicit PolicyWriter(BpfObject &object) : object_(object) {}

	// Writes `tables` beside the policy in force. Nothing changes for packets.
	// Waits until no packet uses the idle slot any more.
	Result<void> stage(const PolicyTables &tables);

	// The staged policy; what depends on interfaces may still be written.
	[[nodiscard]] PolicySlot staged();
	// The policy in force, if any.
	[[nodiscard]] PolicySlot live();
	// Its tables, mapped. An error before this process has put one in force.
	[[nodiscard]] Result<LiveTables> live_tables() const;

	// Makes the staged policy live; every later packet sees it, whole.
	void flip();

	// Returns when every packet that was being processed has passed.
	Result<void> wait_for_packets();

	[[nodiscard]] std::uint32_t generation() const { return object_.generation(); }
	// The tables in force that may be carried over; null at first.
	[[nodiscard]] const SharedTables &shared() const { return shared_; }

      private:
	Result<void> stage_shared(const SharedTables &tables, std::uint32_t slot);
	Result<void> create_nets(const NetTables &nets);
	Result<void> create_hosts(const HostTable &hosts);

	BpfObject &object_;
	SharedTables shared_;		  // of the last staged policy
	InnerMaps maps_;		  // that hold them
	std::array<InnerMaps, 2> placed_; // by policy slot
};

} // namespace flowmark
