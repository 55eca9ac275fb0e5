/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Before the mark, for the few classes that say `police:`. The only place where a
 * packet may be dropped.
 *
 * A bucket kept as the time at which it will have drained (the virtual scheduling
 * form of GCRA, ITU-T I.371): a packet passes if what is ahead of it drains within
 * the burst, and then adds its own time. So a super-packet larger than the burst
 * passes too and is paid for afterwards, and the rate is exact in the long run.
 */
#ifndef FLOWMARK_BPF_POLICE_H
#define FLOWMARK_BPF_POLICE_H

#include "account.h"
#include "clock.h"
#include "maps.h"

FM_INLINE int fm_spend(struct fm_policer *policer, __u64 now, __u64 time, __u64 burst)
{
	__u64 drained;
	int passes;

	bpf_spin_lock(&policer->lock);
	drained = policer->drained_ns;
	if (drained < now)
		drained = now;
	passes = drained - now <= burst;
	if (passes)
		policer->drained_ns = drained + time;
	bpf_spin_unlock(&policer->lock);
	return passes;
}

FM_INLINE void fm_count_drop(__u32 counter, __u64 packets, __u64 bytes)
{
	struct fm_count *drops = bpf_map_lookup_elem(&fm_drops, &counter);

	if (!drops)
		return;
	drops->packets += packets;
	drops->bytes += bytes;
}

/* What the policer is to let pass: `where` is the frame's length for XDP, which has no
 * skb; for tc where the L4 header lies, protocol << 16, or 0 on the fast way. */
FM_INLINE struct fm_wire fm_policed(struct __sk_buff *skb, __u32 where)
{
	struct fm_wire frame = {.packets = 1, .bytes = where};

	return skb ? fm_on_wire(skb, where & 0xffff, where >> 16) : frame;
}

/* 1 if the packet is to be dropped; then it is counted as that. */
FM_RARE int fm_police(struct __sk_buff *skb, const struct fm_view *view, __u32 outcome, __u32 where)
{
	__u32 class = outcome & FM_ENTRY_CLASS, policy_slot = view->policy & 1;
	__u32 bucket = (view->slot & (FM_MAX_INTERFACES - 1)) * FM_MAX_CLASSES + class;
	const struct fm_policy *policy = bpf_map_lookup_elem(&fm_policies, &policy_slot);
	struct fm_policer *policer = bpf_map_lookup_elem(&fm_policers, &bucket);
	struct fm_wire wire = fm_policed(skb, where);
	const struct fm_rate *rate;

	if (!policy || !policer)
		return 0;
	rate = &policy->rate[class];
	if (fm_spend(policer, fm_now(), wire.bytes * rate->byte_time >> FM_BYTE_TIME_SHIFT,
		     rate->burst_ns))
		return 0;
	fm_count_drop(view->act[FM_INGRESS][class].counter, wire.packets, wire.bytes);
	return 1;
}

#endif
