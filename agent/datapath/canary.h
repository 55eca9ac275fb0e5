// SPDX-License-Identifier: Apache-2.0
// Known packets through the living programs, by BPF_PROG_TEST_RUN: whether they leave as the
// policy says. Nothing is sent, counted as traffic or shown among the flows.
//
// The programs know a packet's interface by its index, and no packet may be counted for one that
// is attached. So a round lends a slot that no interface has to an index whose packets never
// meet our hooks (loopback's, if the policy leaves it alone), and takes both back. The keys of
// its flows have that slot, so they are no living flow's, whatever the addresses; they are
// forgotten before somebody else has it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "canary/probes.h"
#include "datapath/bpf_object.h"
#include "datapath/engine.h"
#include "datapath/interface_table.h"
#include "datapath/policy_writer.h"

namespace flowmark {

class Canary {
      public:
	// All of them must outlive this.
	Canary(BpfObject &object, PolicyWriter &writer, InterfaceTable &table)
		: object_(object), writer_(writer), table_(table)
	{}

	// `config` is in force. Its rules are asked as of an interface called `interface`.
	// `ifindex`: of one that exists and has no slot; 0 if there is none.
	CanaryRound run(const std::shared_ptr<const Config> &config, const std::string &interface,
			int ifindex);

      private:
	void bind(const Config &config, const std::string &interface, std::uint32_t slot);
	CanaryRound run_all(int ifindex, std::uint32_t slot);
	void run_one(const Probe &probe, fm_direction direction, int ifindex, CanaryRound &round);
	[[nodiscard]] std::string describe(const Probe &probe, fm_direction direction) const;

	BpfObject &object_;
	PolicyWriter &writer_;
	InterfaceTable &table_;
	std::shared_ptr<const Config> config_; // that probes_ are made of, for interface_
	std::string interface_;
	std::vector<Probe> probes_;
	std::vector<std::uint8_t> out_;
	bool egress_first_ = false;
};

} // namespace flowmark
