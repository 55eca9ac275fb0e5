// SPDX-License-Identifier: Apache-2.0
// The traffic programs (bpf/traffic.bpf.c) and what they send.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/result.h"
#include "bpf/traffic.h"
#include "floor.h"
#include "support/packet.h"

struct bench_traffic; // the generated skeleton

namespace flowmark::bench {

enum class PacketKind {
	known,	    // of `flows` flows, over and over
	first,	    // every one of a new flow
	unparsable, // says that it is IPv4, and is not
	hello,	    // a whole TLS ClientHello, every one of a new flow
};

struct Pattern {
	PacketKind packets = PacketKind::known;
	int family = 4;
	std::uint32_t flows = 1; // of known packets; of hellos: names that they ask for by turns
	bool many_dests = false; // one destination per flow, else one for all

	auto operator<=>(const Pattern &) const = default;
};

[[nodiscard]] const char *name_of(PacketKind kind);
[[nodiscard]] std::string describe(const Pattern &pattern);

// 128 bytes of Ethernet, IP and UDP that the pattern's packets are made of; a hello has TCP and
// is as long as a browser's.
[[nodiscard]] test::Bytes make_frame(const Pattern &pattern);

class Traffic {
      public:
	static Result<std::unique_ptr<Traffic>> load();
	~Traffic();
	Traffic(const Traffic &) = delete;
	Traffic &operator=(const Traffic &) = delete;

	// Packets of `pattern` from the first one on, in a new random order of flows. Those
	// that are to be new flows are new to all that have been sent before.
	void aim(const Pattern &pattern, const std::vector<bench_dest> &dests);
	// The same flows in another order: tables are laid out in the order of arrival, and
	// going through them in that order is cheaper than a network's.
	void shuffle(const Pattern &pattern);
	// Starts again at the first packet.
	void rewind();

	// The program that makes a packet and hands it to `program_fd`.
	Result<int> drive(int program_fd, HookPoint hook);

	[[nodiscard]] bench_traffic &programs() { return *skeleton_; }

      private:
	explicit Traffic(bench_traffic *skeleton) : skeleton_(skeleton) {}

	bench_traffic *skeleton_;
	std::uint64_t start_ = 0;     // the turn that rewind() goes back to
	std::uint64_t new_flows_ = 0; // that have been sent
	std::mt19937_64 random_{std::random_device{}()};
};

} // namespace flowmark::bench
