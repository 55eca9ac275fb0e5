/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The view that holds for a packet: its interface under the policy in force. The
 * interface is found by open addressing in global data, for a hash map would be a
 * call; the agent keeps every probe short. */
#ifndef FLOWMARK_BPF_INTERFACE_H
#define FLOWMARK_BPF_INTERFACE_H

#include "maps.h"

FM_INLINE const struct fm_iface_cell *fm_iface_cell(__u32 index)
{
	const struct fm_iface_cell *cell;
	__u64 at = index;

	FM_MASK(at, FM_IFACE_CELLS - 1);
	cell = &fm_ifaces[at];
	FM_HIDE(cell);
	return cell;
}

/* Past the first cell. FM_IFACE_CELLS if the interface has none. */
FM_GLOBAL int fm_probe_interface(__u32 ifindex)
{
	for (__u32 i = 1; i < FM_IFACE_PROBES; i++)
		if (fm_iface_cell(ifindex + i)->ifindex == ifindex)
			return fm_iface_home(ifindex + i);
	return FM_IFACE_CELLS;
}

FM_INLINE const struct fm_iface_cell *fm_find_interface(__u32 ifindex)
{
	const struct fm_iface_cell *cell = fm_iface_cell(ifindex);
	__u32 index;

	if (fm_likely(cell->ifindex == ifindex))
		return cell;
	index = fm_probe_interface(ifindex);
	return index < FM_IFACE_CELLS ? fm_iface_cell(index) : 0;
}

/* Reads the generation, once for each packet. 0: the interface is not in the table. */
FM_INLINE const struct fm_view *fm_find_view(__u32 ifindex)
{
	const struct fm_iface_cell *cell = fm_find_interface(ifindex);
	__u64 slot, policy = fm_generation;

	if (fm_unlikely(!cell))
		return 0;
	slot = cell->slot;
	FM_MASK(slot, FM_MAX_INTERFACES - 1);
	FM_MASK(policy, 1);
	return &fm_views[policy][slot];
}

#endif
