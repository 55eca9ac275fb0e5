// SPDX-License-Identifier: Apache-2.0
// The real programs in the real kernel, driven by BPF_PROG_TEST_RUN: a policy in,
// frames in, frames and counters out. Attached to nothing.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "datapath/bpf_object.h"
#include "datapath/counter_book.h"
#include "datapath/policy_writer.h"
#include "policy/bind.h"
#include "support/packet.h"

namespace flowmark::test {

struct RunResult {
	int verdict = 0;
	Bytes bytes;
	std::uint32_t priority = 0;
};

struct RunOptions {
	std::uint32_t gso_segs = 0;
	std::uint32_t gso_size = 0;
};

inline constexpr std::uint8_t kUntouched = 0xff;

// Each starts with an empty memory.
class Path {
      public:
	// `policy` is YAML without its interfaces key; the frames pass an interface
	// called `interface` with the options of `spec` (YAML of one interface entry,
	// without its name).
	explicit Path(const std::string &policy, const std::string &interface = "lan0",
		      const std::string &spec = "");
	~Path();
	Path(const Path &) = delete;
	Path &operator=(const Path &) = delete;

	// Puts another policy in force; counters, facts and memory stay.
	void reload(const std::string &policy);
	// The same with a policy that is decoded already; its first interface is ours.
	void reload(std::unique_ptr<Config> config);

	RunResult run(fm_direction direction, const Bytes &frame, const RunOptions &options = {});

	// The XDP program; `bytes` are the frame without its metadata.
	struct XdpResult {
		int verdict = 0;
		Bytes bytes;
		bool noted = false;	 // a note is in front of the frame
		bool done = false;	 // and says that nothing is left to do
		bool notes_shown = true; // this kernel can show the note
	};
	XdpResult run_xdp(const Bytes &frame, bool frags = false);
	// As if tc had seen a note arrive, or not yet.
	void prove_xdp(bool proven);

	// Runs the frame and expects it to leave with `dscp` written (kUntouched: as
	// it came), everything else as it was, and the verdict to be "go on". What arrives also
	// goes by XDP first, which must leave the same, or leave the frame alone.
	void expect(const FrameSpec &frame, std::uint8_t dscp, fm_direction direction = FM_INGRESS,
		    const RunOptions &options = {});

	CounterSum count(fm_direction direction, const std::string &name, bool is_reason = false);
	// How many of the expected frames XDP did whole.
	[[nodiscard]] unsigned xdp_done() const { return xdp_done_; }
	CounterSum drops(const std::string &name);
	// Forgets all decisions, as an overwritten cache would.
	void forget();

	// The slot that the frames' interface has: any but 0, so that a forgotten one shows.
	static constexpr std::uint32_t kSlot = 5;
	[[nodiscard]] PolicyWriter &writer() { return *writer_; }
	[[nodiscard]] fm_policy &live_policy() { return writer_->live().policy; }
	[[nodiscard]] Result<LiveTables> live_tables() const { return writer_->live_tables(); }
	[[nodiscard]] const Config &config() const { return *config_; }
	[[nodiscard]] BpfObject &object() { return *object_; }
	[[nodiscard]] const PolicyTables &tables() const { return tables_; }
	// Whether frames have a link header (LinkShape::raw has none).
	void set_raw(bool raw);
	// Of the frames' interface.
	void set_mtu(std::uint32_t mtu);

      private:
	void bind(PolicySlot to);
	void expect_xdp(const FrameSpec &frame, const Bytes &expected);

	std::string interface_, spec_;
	std::shared_ptr<BpfObject> object_;
	std::unique_ptr<PolicyWriter> writer_;
	std::unique_ptr<Config> config_;
	PolicyTables tables_;
	CounterBook book_;
	bool raw_ = false;
	std::uint32_t mtu_ = 9000;
	unsigned xdp_done_ = 0;
};

// The policy text as a Config; fails the test (and aborts) on a diagnostic.
std::unique_ptr<Config> parse_policy(const std::string &yaml);

} // namespace flowmark::test
