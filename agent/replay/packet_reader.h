// SPDX-License-Identifier: Apache-2.0
// Which flow a frame belongs to, and what of it the report needs: the same view of
// a packet as bpf/parse*.h has, for the programs do not tell it. A test holds the two
// against each other. What becomes of a packet is the programs' to say.
#pragma once

#include <optional>
#include <unordered_map>

#include <flowmark/abi.h>

#include "replay/link_layer.h"

namespace flowmark {

// What a packet alone shows of who opened the flow.
enum class Shown : std::uint8_t { nothing, initiator, responder };

struct PacketFacts {
	fm_flow_key key{}; // its iface stays 0
	bool source_is_low = false;
	bool has_ports = false;
	std::uint8_t dscp = 0;
	Shown source_shows = Shown::nothing; // what its source is
	std::uint32_t l3 = 0;		     // offset of the IP header in the frame
	std::optional<std::uint32_t> isn;    // of a SYN without ACK
	bool uses = false;		     // TCP: carries data, or ends the connection (FIN, RST)
};

class PacketReader {
      public:
	// Nothing: no flow. Remembers the ports of first fragments for the later ones.
	[[nodiscard]] std::optional<PacketFacts> read(const Frame &frame);

      private:
	struct FragmentHash {
		std::size_t operator()(const fm_frag_key &key) const;
	};
	struct FragmentEqual {
		bool operator()(const fm_frag_key &a, const fm_frag_key &b) const;
	};

	std::unordered_map<fm_frag_key, fm_frag, FragmentHash, FragmentEqual> fragments_;
};

// Keys have no padding that is not 0, so their bytes stand for them.
struct FlowKeyHash {
	std::size_t operator()(const fm_flow_key &key) const;
};
struct FlowKeyEqual {
	bool operator()(const fm_flow_key &a, const fm_flow_key &b) const;
};

} // namespace flowmark
