// SPDX-License-Identifier: Apache-2.0
// The flows of a capture: who opened them, and what went through them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include <flowmark/abi.h>

#include "replay/name_source.h"
#include "replay/packet_reader.h"

namespace flowmark {

// What one end of a flow sent.
struct SentBy {
	std::uint64_t packets = 0;
	std::uint8_t first_dscp = 0; // as captured
	std::uint8_t last_dscp = 0;  // as the programs left it
};

// A packet's way through the programs, as the flow's report has it.
struct Passage {
	std::uint32_t wire_bytes = 0;
	std::uint8_t class_index = 0;
	std::uint8_t dscp = 0; // afterwards
};

// No rule held.
inline constexpr fm_recent kNoDecision = [] {
	fm_recent decision{};
	decision.rule = FM_RULE_DEFAULT;
	decision.dscp = FM_DSCP_NONE;
	return decision;
}();

class ReplayedFlow {
      public:
	explicit ReplayedFlow(const PacketFacts &first);

	void add(const PacketFacts &packet, const Passage &passage);

	[[nodiscard]] const fm_flow_key &key() const { return key_; }
	[[nodiscard]] bool has_ports() const { return has_ports_; }
	[[nodiscard]] std::uint64_t packets() const { return sent_[0].packets + sent_[1].packets; }
	[[nodiscard]] std::uint64_t bytes() const { return bytes_; }
	// Of the last packet.
	[[nodiscard]] std::uint8_t class_index() const { return class_index_; }

	// Whether the low end (of the key) opened the flow. In this order: who sent a
	// SYN or an echo request, or got the answer to one; who sent the ClientHello; who
	// has the higher port; who sent the first packet.
	[[nodiscard]] bool client_is_low() const;
	// What the client sent; the server's, where there is nothing of the client's.
	[[nodiscard]] const SentBy &sent_by_client() const;

	// Whether `packet` opens another connection between the same ports.
	[[nodiscard]] bool ended_by(const PacketFacts &packet) const;

	// Set from outside, as it becomes known.
	FlowName name;
	// The last decision, and the name that it rested on.
	fm_recent decision = kNoDecision;
	FlowName decided_by;

      private:
	fm_flow_key key_;
	bool has_ports_;
	bool first_is_low_;
	std::optional<bool> shown_client_is_low_;
	std::optional<std::uint32_t> isn_;
	bool used_ = false; // has carried data, or has ended
	std::uint64_t bytes_ = 0;
	std::uint8_t class_index_ = 0;
	SentBy sent_[2]; // by the high end, by the low end
};

class FlowTable {
      public:
	// The flow that has this key now, or null.
	[[nodiscard]] ReplayedFlow *find(const fm_flow_key &key);
	// A new one, of a key that no flow has. Valid as long as this.
	ReplayedFlow &open(const PacketFacts &first);
	// Its key is free for another one.
	void close(const fm_flow_key &key) { open_.erase(key); }

	[[nodiscard]] std::vector<ReplayedFlow *> open_flows() const;
	// All, in the order of their first packets.
	[[nodiscard]] std::deque<ReplayedFlow> flows() && { return std::move(flows_); }

      private:
	std::deque<ReplayedFlow> flows_; // which does not move what it holds
	std::unordered_map<fm_flow_key, ReplayedFlow *, FlowKeyHash, FlowKeyEqual> open_;
};

} // namespace flowmark
