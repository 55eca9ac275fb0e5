/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 4, mark: write the class's DSCP, keep the ECN bits and everything else. */
#ifndef FLOWMARK_BPF_MARK_H
#define FLOWMARK_BPF_MARK_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "found.h"
#include "maps.h"

/* What is to be done with the packet; `outcome` is below FM_OUTCOMES. One load. */
FM_INLINE struct fm_act fm_find_act(const struct fm_hot *hot, const struct fm_iface_cell *cell,
				    int direction, __u64 outcome)
{
	__u64 slot = cell->slot;
	struct fm_act act;
	__u32 word;

	FM_MASK(slot, FM_MAX_INTERFACES - 1);
	word = *(volatile __u32 *)&hot->act[slot][direction][outcome];
	__builtin_memcpy(&act, &word, sizeof(act));
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

FM_INLINE void fm_write6(struct __sk_buff *skb, struct ipv6hdr *ip, __u8 dscp, int ingress)
{
	__u32 before = *(__u32 *)ip, after;

	fm_dscp_set6((__u8 *)ip, dscp);
	after = *(__u32 *)ip;
	if (ingress)
		fm_follow_checksum(skb, before, after);
}

FM_INLINE __u32 fm_mark4(void *data, void *end, __u32 l3, __u8 dscp)
{
	struct iphdr *ip = data + l3;

	if ((void *)(ip + 1) > end)
		return 0;
	fm_dscp_set4((__u8 *)ip, dscp);
	return 1;
}

FM_INLINE __u32 fm_mark6(struct __sk_buff *skb, void *data, void *end, __u32 l3, __u8 dscp,
			 int ingress)
{
	struct ipv6hdr *ip = data + l3;

	if ((void *)(ip + 1) > end)
		return 0;
	fm_write6(skb, ip, dscp, ingress);
	return 1;
}

/* 1 if the packet's mark was changed. */
FM_INLINE __u32 fm_mark(struct __sk_buff *skb, const struct fm_found *found, __u8 dscp, int ingress)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 l3 = found->l3;

	if (dscp == FM_DSCP_KEEP || dscp == found->dscp)
		return 0;
	FM_MASK(l3, 63);
	if (found->family == 4)
		return fm_mark4(data, end, l3, dscp);
	return fm_mark6(skb, data, end, l3, dscp, ingress);
}

#endif
