/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Recently decided flows, for people. Filled at a bounded rate, so that a flood
 * of new flows pays for a few of them only. */
#ifndef FLOWMARK_BPF_RECENT_H
#define FLOWMARK_BPF_RECENT_H

#include "clock.h"
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

/* Put together here: the stack has no room for it below a decision. */
struct fm_recent_work {
	struct fm_flow_key key;
	struct fm_recent recent;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fm_recent_work);
} fm_recent_work SEC(".maps");

/* `noted`: the policy's generation, the rule << 32, the class << 48, FM_EXACT_* << 56. */
FM_RARE int fm_recent_note(const struct fm_pkt *pkt, const struct fm_place *place, __u64 noted,
			   __u32 dscp)
{
	__u32 zero = 0;
	struct fm_recent_work *work = bpf_map_lookup_elem(&fm_recent_work, &zero);

	if (!work)
		return 0;
	work->recent.decided_ns = fm_now();
	work->recent.generation = noted;
	work->recent.rule = noted >> 32;
	work->recent.class_index = noted >> 48;
	work->recent.flags = noted >> 56;
	work->recent.slot = place->slot;
	work->recent.direction = place->direction;
	work->recent.dscp = dscp;
	fm_make_key(pkt, place->low, place->iface, &work->key);
	if (bpf_map_update_elem(&fm_recent, &work->key, &work->recent, BPF_ANY))
		fm_count_failure(FM_TABLE_RECENT);
	return 0;
}

#endif
