/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A forwarded packet meets two hooks, and what the first one wrote must not be
 * taken for the mark it arrived with by the second: a rule on EF whose class
 * writes CS5 would hold at ingress and fail at egress. The ingress program leaves
 * the arriving mark in skb->tc_index, which forwarding and NAT keep and nothing
 * has used since the dsmark qdisc went (6.3). Only where a rule looks at marks.
 */
#ifndef FLOWMARK_BPF_CARRY_H
#define FLOWMARK_BPF_CARRY_H

#include "packet.h"

#define FM_CARRY_MAGIC 0xf180u
#define FM_CARRY_MASK 0xff80u
#define FM_CARRY_DSCP 0x007fu

/* The mark that the packet came to this host with; `dscp` is what it has now. */
FM_INLINE __u8 fm_arrived_dscp(struct __sk_buff *skb, const struct fm_view *view, __u8 dscp,
			       int ingress)
{
	__u32 carried = skb->tc_index, untrusted;

	if (ingress) { /* without a branch, which would double what old verifiers go through */
		untrusted = !!(view->flags & FM_VIEW_UNTRUSTED);
		FM_HIDE(untrusted);
		return (dscp & (untrusted - 1)) | untrusted * FM_DSCP_NONE;
	}
	return (carried & FM_CARRY_MASK) == FM_CARRY_MAGIC ? carried & FM_CARRY_DSCP : dscp;
}

FM_INLINE void fm_carry_dscp(struct __sk_buff *skb, __u8 dscp)
{
	skb->tc_index = FM_CARRY_MAGIC | dscp;
}

#endif
