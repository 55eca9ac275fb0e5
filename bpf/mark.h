/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 4, mark: write the class's DSCP, keep the ECN bits and everything else. */
#ifndef FLOWMARK_BPF_MARK_H
#define FLOWMARK_BPF_MARK_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "found.h"
#include "maps.h"

/* What is to be done with the packet; `outcome` is below FM_OUTCOMES. */
FM_INLINE const struct fm_act *fm_find_act(const struct fm_view *view, int direction, __u64 outcome)
{
	const struct fm_act *act = &view->act[direction][outcome];

	FM_HIDE(act);
	return act;
}

/* An IPv6 header has no checksum of its own, so a change of it changes the sum
 * over the packet. Where a NIC has reported that sum (CHECKSUM_COMPLETE, received
 * packets only) it must follow, or the kernel finds "hw csum failure". IPv4 needs
 * none of this: its header always sums to 0. */
FM_RARE int fm_follow_checksum(struct __sk_buff *skb, __u32 before, __u32 after)
{
	__wsum difference = bpf_csum_diff(&before, sizeof(before), &after, sizeof(after), 0);

	bpf_csum_update(skb, difference);
	return 0;
}

/* What few classes ask for. 1 if the mark is to be left alone. */
FM_INLINE int fm_follow_flags(struct __sk_buff *skb, const struct fm_act *act, __u32 outcome)
{
	if (skb && act->flags & FM_ACT_PRIORITY)
		skb->priority = FM_PRIORITY_BASE + outcome;
	return act->flags & FM_ACT_KEEP;
}

/* 1 if the packet's mark was changed. */
FM_INLINE __u32 fm_mark4(struct __sk_buff *skb, __u8 *ip, const struct fm_act *act, __u32 outcome)
{
	if (fm_unlikely(act->flags) && fm_follow_flags(skb, act, outcome))
		return 0;
	if (fm_dscp_get4(ip) == act->dscp)
		return 0;
	fm_dscp_set4(ip, act->dscp);
	return 1;
}

FM_INLINE __u32 fm_mark6(struct __sk_buff *skb, __u8 *ip, const struct fm_act *act, __u32 outcome,
			 int ingress)
{
	__u32 before, after;

	if (fm_unlikely(act->flags) && fm_follow_flags(skb, act, outcome))
		return 0;
	if (fm_dscp_get6(ip) == act->dscp)
		return 0;
	before = *(__u32 *)ip;
	fm_dscp_set6(ip, act->dscp);
	after = *(__u32 *)ip;
	if (ingress && skb)
		fm_follow_checksum(skb, before, after);
	return 1;
}

FM_INLINE __u32 fm_mark(struct __sk_buff *skb, const struct fm_found *found,
			const struct fm_act *act, int ingress)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 l3 = found->l3;
	__u8 *ip;

	FM_MASK(l3, 63);
	ip = data + l3;
	if (found->family == 4 && ip + sizeof(struct iphdr) <= (__u8 *)end)
		return fm_mark4(skb, ip, act, found->outcome);
	if (found->family == 6 && ip + sizeof(struct ipv6hdr) <= (__u8 *)end)
		return fm_mark6(skb, ip, act, found->outcome, ingress);
	return 0;
}

#endif
