// SPDX-License-Identifier: Apache-2.0
// The cells of fm_ifaces: ifindex -> slot, as the packet path probes them.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
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

	// Takes that one, for an interface that had it before.
	void reserve(std::uint32_t slot);

	// Publishes `slot` for `ifindex`, in one store if it has another by now. False
	// if no cell within reach is free.
	bool publish(std::uint32_t ifindex, std::uint32_t slot);
	[[nodiscard]] std::optional<std::uint32_t> slot_of(std::uint32_t ifindex) const;
	void remove(std::uint32_t ifindex);
	void remove_all_but(const std::function<bool(std::uint32_t ifindex)> &keep);

      private:
	[[nodiscard]] fm_iface_cell *find_near(std::uint32_t ifindex, std::uint32_t wanted) const;

	fm_iface_cell *cells_;
	std::bitset<FM_MAX_INTERFACES> taken_;
	std::uint32_t next_ = 0;
};

} // namespace flowmark
