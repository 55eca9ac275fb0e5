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

void InterfaceTable::reserve(std::uint32_t slot)
{
	taken_.set(slot);
	next_ = slot + 1;
}

// Null if no cell within reach holds `ifindex`; 0 finds a free one.
fm_iface_cell *InterfaceTable::find_near(std::uint32_t ifindex, std::uint32_t wanted) const
{
	for (std::uint32_t i = 0; i < FM_IFACE_PROBES; i++) {
		fm_iface_cell &cell = cells_[fm_iface_home(ifindex + i)];
		if (cell.ifindex == wanted)
			return &cell;
	}
	return nullptr;
}

bool InterfaceTable::publish(std::uint32_t ifindex, std::uint32_t slot)
{
	fm_iface_cell *cell = find_near(ifindex, ifindex);
	if (cell == nullptr)
		cell = find_near(ifindex, 0);
	if (cell == nullptr)
		return false;
	__atomic_store_n(&cell->slot, slot, __ATOMIC_RELEASE);
	__atomic_store_n(&cell->ifindex, ifindex, __ATOMIC_RELEASE);
	return true;
}

std::optional<std::uint32_t> InterfaceTable::slot_of(std::uint32_t ifindex) const
{
	const fm_iface_cell *cell = find_near(ifindex, ifindex);
	return cell == nullptr ? std::nullopt : std::optional<std::uint32_t>(cell->slot);
}

void InterfaceTable::remove(std::uint32_t ifindex)
{
	if (fm_iface_cell *cell = find_near(ifindex, ifindex))
		__atomic_store_n(&cell->ifindex, 0U, __ATOMIC_RELEASE);
}

void InterfaceTable::remove_all_but(const std::function<bool(std::uint32_t)> &keep)
{
	for (std::uint32_t i = 0; i < FM_IFACE_CELLS; i++)
		if (cells_[i].ifindex != 0 && !keep(cells_[i].ifindex))
			__atomic_store_n(&cells_[i].ifindex, 0U, __ATOMIC_RELEASE);
}

} // namespace flowmark
