/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 5, mark: write the class's DSCP, keep the ECN bits and everything else. */
#ifndef FLOWMARK_BPF_MARK_H
#define FLOWMARK_BPF_MARK_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "found.h"
#include "maps.h"

/* An IPv6 header has no checksum of its own, so a change of it changes the sum
 * over the packet. Where a NIC has reported that sum (CHECKSUM_COMPLETE, received
 * packets only) it must follow, or the kernel finds "hw csum failure"; nothing that a
 * program can read tells whether one has. IPv4 needs none of this: its header always
 * sums to 0. */
FM_INLINE void fm_follow_checksum(struct __sk_buff *skb, __u32 before, __u32 after)
{
	__u64 difference = (__u64)(__u32)~before + after; /* of ones' complement sums */

	bpf_csum_update(skb, (__u32)difference + (__u32)(difference >> 32));
}

/* 1 if the packet's mark was changed. */
FM_INLINE __u32 fm_mark4(__u8 *ip, __u8 dscp)
{
	if (fm_dscp_get4(ip) == dscp)
		return 0;
	fm_dscp_set4(ip, dscp);
	return 1;
}

FM_INLINE __u32 fm_mark6(struct __sk_buff *skb, __u8 *ip, __u8 dscp, int ingress)
{
	__u32 before, after;

	if (fm_dscp_get6(ip) == dscp)
		return 0;
	before = *(__u32 *)ip;
	fm_dscp_set6(ip, dscp);
	after = *(__u32 *)ip;
	if (ingress && skb)
		fm_follow_checksum(skb, before, after);
	return 1;
}

FM_INLINE __u32 fm_mark(struct __sk_buff *skb, const struct fm_found *found, __u8 dscp, int ingress)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 l3 = found->l3;
	__u8 *ip;

	FM_MASK(l3, 63);
	ip = data + l3;
	if (found->family == 4 && ip + sizeof(struct iphdr) <= (__u8 *)end)
		return fm_mark4(ip, dscp);
	if (found->family == 6 && ip + sizeof(struct ipv6hdr) <= (__u8 *)end)
		return fm_mark6(skb, ip, dscp, ingress);
	return 0;
}

#endif
