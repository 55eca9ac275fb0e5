// SPDX-License-Identifier: Apache-2.0
// Frames through a real router, on one processor:
//
//   source ==> router's interface, with what is measured ==> forwarding ==> sink
//
// Injection, the router's work and the sink run on this thread's processor, so the
// processor time per frame that arrived is what a frame costs.
#pragma once

#include <array>
#include <memory>
#include <string>

#include <flowmark/dscp.h>

#include "base/unique_fd.h"
#include "datapath/hook.h"
#include "quiet.h"
#include "traffic.h"

namespace flowmark::bench {

struct Place {
	std::string netns; // a path such as /run/netns/NAME
	std::string interface;
};

struct LiveOptions {
	Place source, router, sink;
	int cpu = 0;
	double patience = 90; // seconds, as Quiet has it
};

using DscpCounts = std::array<std::uint64_t, FM_DSCP_NONE + 1>; // last: not IP

struct LiveResult {
	double ns = 0; // of processor time per frame that arrived
	std::uint64_t sent = 0, arrived = 0;
	DscpCounts dscps{};	   // as they arrived
	unsigned disturbed = 0;	   // samples so far, as Quiet has it
	double longest_gap_ns = 0; // where it was asked for
};

using Mac = std::array<std::uint8_t, 6>;

enum class Watch { marks, gaps };

class Live {
      public:
	static Result<std::unique_ptr<Live>> open(const LiveOptions &options);

	// What is sent from now on.
	void aim(std::uint32_t flows, const std::vector<bench_dest> &dests);
	// Sends that many frames; looking for gaps costs time, so those runs measure nothing else.
	Result<LiveResult> send(std::uint32_t frames, Watch watch);
	// Fills the tables on the way; nothing is measured.
	Result<void> warm(std::uint32_t frames);
	// Puts a floor program on the router's interface, until detach().
	Result<void> attach(FloorKind kind, HookPoint hook);
	void detach();

      private:
	explicit Live(const LiveOptions &options)
		: options_(options), quiet_([this] { return probe(); }, options.patience)
	{}
	Result<double> probe();
	std::uint64_t count_arrived(const DscpCounts &before, LiveResult &result);
	Result<double> send_once(std::uint32_t frames, LiveResult &result);
	Result<void> enter(const Place &place, unsigned &ifindex);
	Result<void> put_sink(Watch watch);
	Result<void> inject(std::uint32_t frames);

	LiveOptions options_;
	std::unique_ptr<Traffic> traffic_;
	std::unique_ptr<Floor> floor_;
	std::unique_ptr<Hook> tc_;
	UniqueFd xdp_;
	UniqueFd sink_;
	Watch sink_watch_ = Watch::marks;
	Mac router_mac_{};
	Quiet quiet_;
	int softirq_pid_ = 0;
};

} // namespace flowmark::bench
