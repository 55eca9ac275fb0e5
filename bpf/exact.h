/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The exact table: facts that a flow's next packet cannot show again. Written
 * only when the other end has answered, so one-way floods never enter. */
#ifndef FLOWMARK_BPF_EXACT_H
#define FLOWMARK_BPF_EXACT_H

#include "failures.h"
#include "flow_key.h"

#define FM_EXACT_FILTER_SHIFT 48

FM_INLINE __u8 *fm_exact_mark(__u64 hash)
{
	__u64 at = hash >> FM_EXACT_FILTER_SHIFT;

	FM_MASK(at, FM_EXACT_FILTER - 1);
	return &fm_exact_seen[at];
}

FM_RARE struct fm_exact *fm_exact_find(const struct fm_pkt *pkt, __u64 low, __u32 iface, __u64 hash)
{
	struct fm_flow_key key;

	if (!*fm_exact_mark(hash))
		return 0;
	fm_make_key(pkt, low, iface, &key);
	return bpf_map_lookup_elem(&fm_exact, &key);
}

FM_INLINE void fm_exact_store(const struct fm_pkt *pkt, __u64 low, __u32 iface, __u64 hash,
			      const struct fm_exact *facts)
{
	struct fm_flow_key key;

	fm_make_key(pkt, low, iface, &key);
	if (bpf_map_update_elem(&fm_exact, &key, facts, BPF_ANY))
		fm_count_failure(FM_TABLE_EXACT);
	else
		*fm_exact_mark(hash) = 1;
}

#endif
