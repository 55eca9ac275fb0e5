// SPDX-License-Identifier: Apache-2.0
// The cells of fm_ifaces: ifindex -> slot, as the packet path probes them.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>

#include <flowmark/abi.h>

namespace flowmark {

class InterfaceTable {
      public:
	explicit InterfaceTable(fm_iface_cell *cells) : cells_(cells) {}

	// A slot that no interface has; slots are taken round-robin, so that one is
	// not reused while packets of its last interface may still be on their way.
	std::optional<std::uint32_t> take_slot();
	void return_slot(std::uint32_t slot);
	[[nodiscard]] std::size_t used() const { return taken_.count(); }

	// Publishes `slot` for `ifindex`. False if no cell within reach is free.
	bool insert(std::uint32_t ifindex, std::uint32_t slot);
	void remove(std::uint32_t ifindex);

      private:
	fm_iface_cell *cells_;
	std::bitset<FM_MAX_INTERFACES> taken_;
	std::uint32_t next_ = 0;
};

} // namespace flowmark
