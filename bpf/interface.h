/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The slot of the interface that the packet passes. Open addressing in global
 * data, for a hash map would be a call; the agent keeps every probe short. */
#ifndef FLOWMARK_BPF_INTERFACE_H
#define FLOWMARK_BPF_INTERFACE_H

#include "maps.h"

FM_INLINE const struct fm_iface_cell *fm_iface_cell(__u32 index)
{
	__u64 at = index;

	FM_MASK(at, FM_IFACE_CELLS - 1);
	return &fm_ifaces[at];
}

/* Past the first cell. FM_IFACE_CELLS if the interface has none. */
FM_GLOBAL int fm_probe_interface(__u32 ifindex)
{
	__u32 at = fm_iface_hash(ifindex);

	for (__u32 i = 1; i < FM_IFACE_PROBES; i++)
		if (fm_iface_cell(at + i)->ifindex == ifindex)
			return (at + i) & (FM_IFACE_CELLS - 1);
	return FM_IFACE_CELLS;
}

FM_INLINE const struct fm_iface_cell *fm_find_interface(__u32 ifindex)
{
	const struct fm_iface_cell *cell = fm_iface_cell(fm_iface_hash(ifindex));
	__u32 index;

	if (fm_likely(cell->ifindex == ifindex))
		return cell;
	index = fm_probe_interface(ifindex);
	return index < FM_IFACE_CELLS ? fm_iface_cell(index) : 0;
}

#endif
