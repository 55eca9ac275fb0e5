// SPDX-License-Identifier: Apache-2.0
#include "datapath/interface_table.h"

namespace flowmark {

std::optional<std::uint32_t> InterfaceTable::take_slot()
{
	for (std::uint32_t i = 0; i < FM_MAX_INTERFACES; i++) {
		const std::uint32_t slot = (next_ + i) % FM_MAX_INTERFACES;
		if (taken_.test(slot))
			continue;
		taken_.set(slot);
		next_ = slot + 1;
		return slot;
	}
	return std::nullopt;
}

void InterfaceTable::return_slot(std::uint32_t slot)
{
	taken_.reset(slot);
}

bool InterfaceTable::insert(std::uint32_t ifindex, std::uint32_t slot)
{
	for (std::uint32_t i = 0; i < FM_IFACE_PROBES; i++) {
		fm_iface_cell &cell = cells_[fm_iface_home(ifindex + i)];
		if (cell.ifindex != 0)
			continue;
		cell.slot = slot;
		__atomic_store_n(&cell.ifindex, ifindex, __ATOMIC_RELEASE);
		return true;
	}
	return false;
}

void InterfaceTable::remove(std::uint32_t ifindex)
{
	for (std::uint32_t i = 0; i < FM_IFACE_PROBES; i++) {
		fm_iface_cell &cell = cells_[fm_iface_home(ifindex + i)];
		if (cell.ifindex == ifindex)
			__atomic_store_n(&cell.ifindex, 0U, __ATOMIC_RELEASE);
	}
}

} // namespace flowmark
