// SPDX-License-Identifier: Apache-2.0
// A capture through the programs: what became of its flows.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <flowmark/abi.h>

#include "replay/flow_table.h"
#include "replay/instance.h"
#include "replay/name_source.h"

namespace flowmark {

struct Tally {
	std::uint64_t packets = 0;
	std::uint64_t bytes = 0; // on the wire
};

struct ReplayReport {
	std::deque<ReplayedFlow> flows; // in the order of their first packets
	std::array<Tally, FM_REASON_COUNT> undecided{};
	std::vector<std::string> errors;
	bool whole = true; // everything of the capture was read
};

class Replay {
      public:
	// `split_reuse`: a connection between ports that were used before is a flow of its
	// own. Both must remain live as long as this.
	Replay(Instance &instance, NameSource &names, bool split_reuse)
		: instance_(instance), names_(names), split_reuse_(split_reuse)
	{}

	// As the first capture that the instance sees: what it learned from others is
	// forgotten.
	ReplayReport run(const std::string &path);

      private:
	struct Pass; // of one capture

	Instance &instance_;
	NameSource &names_;
	bool split_reuse_;
};

} // namespace flowmark
