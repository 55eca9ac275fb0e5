/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Recently decided flows, for people. Filled at a bounded rate, so that a flood
 * of new flows pays for a few of them only. */
#ifndef FLOWMARK_BPF_RECENT_H
#define FLOWMARK_BPF_RECENT_H

#include "failures.h"
#include "flow_key.h"

/* 256 jiffies: about a second at the usual 250 Hz. */
#define FM_RECENT_WINDOW_SHIFT 8

FM_INLINE int fm_recent_allowed(void)
{
	__u64 window = bpf_jiffies64() >> FM_RECENT_WINDOW_SHIFT;

	if (fm_recent_second != window) {
		fm_recent_second = window;
		fm_recent_count = 0;
	}
	return fm_recent_count++ < FM_RECENT_PER_SECOND;
}

FM_RARE int fm_recent_note(const struct fm_pkt *pkt, __u64 low, __u32 iface,
			   struct fm_recent *recent)
{
	struct fm_flow_key key;

	recent->decided_ns = bpf_ktime_get_ns();
	fm_make_key(pkt, low, iface, &key);
	if (bpf_map_update_elem(&fm_recent, &key, recent, BPF_ANY))
		fm_count_failure(FM_TABLE_RECENT);
	return 0;
}

#endif
