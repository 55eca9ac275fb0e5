/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A packet of the fast way's shape without a plain hit: the flow's second place, a
 * policy that looks at marks, a new flow. A function of its own, so that the fast
 * way keeps nothing alive for it; it starts from the frame's first byte.
 */
#ifndef FLOWMARK_BPF_PARSE_MISS_H
#define FLOWMARK_BPF_PARSE_MISS_H

#include "carry.h"
#include "decide.h"
#include "parse_fast.h"
#include "roles.h"

FM_INLINE void fm_fast_copy_ip6(__u64 *to, const __u8 *address)
{
	to[0] = (__u64)bpf_ntohl(FM_FIELD(__be32, address, 0)) << 32 |
		bpf_ntohl(FM_FIELD(__be32, address, 4));
	to[1] = (__u64)bpf_ntohl(FM_FIELD(__be32, address, 8)) << 32 |
		bpf_ntohl(FM_FIELD(__be32, address, 12));
}

FM_INLINE int fm_is_tcp_or_udp(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* The packet's facts as the full parser would have them. 0: look there. */
FM_ROOMY int fm_fast_facts(void *data, void *end, struct fm_pkt *pkt)
{
	__u8 *ip = data + FM_FAST_L3, *l4;

	pkt->l3 = FM_FAST_L3;
	pkt->flags = FM_PKT_PORTS;
	if (data + FM_FAST_LENGTH_IP4 > end)
		return 0;
	if (*ip == FM_FAST_IP4) {
		pkt->family = 4;
		pkt->l4 = FM_FAST_L4_IP4;
		pkt->dscp = fm_dscp_get4(ip);
		pkt->protocol = FM_FIELD(__u8, ip, offsetof(struct iphdr, protocol));
		pkt->src[1] = bpf_ntohl(FM_FIELD(__be32, ip, offsetof(struct iphdr, saddr)));
		pkt->dst[1] = bpf_ntohl(FM_FIELD(__be32, ip, offsetof(struct iphdr, daddr)));
		l4 = data + FM_FAST_L4_IP4;
	} else {
		if (data + FM_FAST_LENGTH_IP6 > end)
			return 0;
		pkt->family = 6;
		pkt->l4 = FM_FAST_L4_IP6;
		pkt->dscp = fm_dscp_get6(ip);
		pkt->protocol = FM_FIELD(__u8, ip, offsetof(struct ipv6hdr, nexthdr));
		fm_fast_copy_ip6(pkt->src, ip + offsetof(struct ipv6hdr, saddr));
		fm_fast_copy_ip6(pkt->dst, ip + offsetof(struct ipv6hdr, daddr));
		l4 = data + FM_FAST_L4_IP6;
	}
	pkt->sport = bpf_ntohs(FM_FIELD(__be16, l4, offsetof(struct fm_ports, source)));
	pkt->dport = bpf_ntohs(FM_FIELD(__be16, l4, offsetof(struct fm_ports, dest)));
	return fm_is_tcp_or_udp(pkt->protocol);
}

FM_INLINE int fm_shows_syn(const __u8 *l4, const void *end, __u32 protocol)
{
	return protocol == IPPROTO_TCP && (const void *)(l4 + FM_TCP_FLAGS_OFFSET + 1) <= end &&
	       l4[FM_TCP_FLAGS_OFFSET] & FM_TCP_SYN;
}

/* A policy that looks at marks stamps so that no decision is taken for a plain hit:
 * it holds if the packet's mark and direction agree with its basis (recall.h). Equal
 * ports and an answer that settles something are left to the full program. */
FM_INLINE int fm_fast_basis_holds(struct __sk_buff *skb, const struct fm_view *view,
				  __u64 difference, const struct fm_pkt *pkt, int direction)
{
	__u64 low = pkt->sport < pkt->dport;
	__u8 dscp = pkt->dscp;

	if (!skb || view->flags & FM_VIEW_RAW_IP || pkt->sport == pkt->dport)
		return 0;
	difference ^= FM_STAMP_NEVER;
	if (difference & FM_ENTRY_PENDING && /* it may be this end's turn to answer */
	    !fm_from_initiator(low, difference >> FM_BASIS_SHIFT) ==
		    !(difference & FM_ENTRY_ANSWERED))
		return 0;
	dscp = fm_arrived_dscp(skb, view, dscp, direction == FM_INGRESS);
	if (!fm_basis_holds(difference, low, dscp))
		return 0;
	if (direction == FM_INGRESS)
		fm_carry_dscp(skb, dscp);
	return 1;
}

/* Where XDP is (no skb) and VLANs matter, a tag that the NIC has taken out cannot be
 * seen, and tc decides. */
FM_INLINE int fm_fast_decide(struct __sk_buff *skb, const __u8 *l4, const void *end,
			     const struct fm_view *view, const struct fm_pkt *pkt, __u64 hash,
			     int direction)
{
	struct fm_place place = {
		.hash = hash,
		.low = fm_source_is_low(pkt),
		.iface = view->iface >> FM_KEY_IFACE_SHIFT,
		.slot = view->slot & (FM_MAX_INTERFACES - 1),
		.direction = direction,
		.dscp = FM_DSCP_NONE,
	};

	if (view->flags & FM_VIEW_USES_HOSTS || (!skb && view->flags & FM_VIEW_USES_VLAN))
		return FM_OUTCOMES;
	if (view->flags & FM_VIEW_USES_ROLES && pkt->protocol == IPPROTO_TCP) {
		if ((void *)(l4 + FM_TCP_FLAGS_OFFSET + 1) > end)
			return FM_OUTCOMES;
		place.shows = fm_flags_show(l4[FM_TCP_FLAGS_OFFSET]);
	}
	return fm_decide(pkt, view, &place);
}

FM_ROOMY __u64 fm_fast_hash(const struct fm_view *view, const struct fm_pkt *pkt)
{
	return fm_hash(view, pkt);
}

#define FM_MISS_EGRESS 0x1000u /* beside the VLAN */

/* The class, or something else than a class for the full program. `how`: the VLAN of
 * a tag that is not in the frame any more, and FM_MISS_EGRESS. */
FM_RARE int fm_look_again(struct __sk_buff *skb, void *data, void *end, const struct fm_view *view,
			  __u32 how)
{
	struct fm_pkt pkt = {.vlan = how & FM_VLAN_ID};
	int direction = how & FM_MISS_EGRESS ? FM_EGRESS : FM_INGRESS;
	__u64 hash, difference;
	__u8 *l4;

	if (!fm_fast_facts(data, end, &pkt))
		return FM_OUTCOMES;
	l4 = data + (pkt.family == 4 ? FM_FAST_L4_IP4 : FM_FAST_L4_IP6);
	hash = fm_fast_hash(view, &pkt);
	difference = fm_fast_recall(view, hash, 0);
	if (fm_is_other(difference))
		difference = fm_fast_recall(view, hash, 1);
	if (view->flags & FM_VIEW_USES_HOSTS && fm_shows_syn(l4, end, pkt.protocol))
		return FM_OUTCOMES;
	if (difference <= FM_ENTRY_CLASS)
		return difference;
	if (view->flags & (FM_VIEW_USES_DSCP | FM_VIEW_RAW_IP))
		return !(difference & FM_ENTRY_AWAITS) &&
				       fm_fast_basis_holds(skb, view, difference, &pkt, direction)
			       ? difference & FM_ENTRY_CLASS
			       : FM_OUTCOMES;
	if (!fm_is_other(difference)) /* something to settle */
		return FM_OUTCOMES;
	return fm_fast_decide(skb, l4, end, view, &pkt, hash, direction);
}

/* The rest of the fast way: done, dropped, or FM_FAST_NO, and nothing has been touched. */
FM_INLINE int fm_fast_missed(struct __sk_buff *skb, void *data, void *end,
			     const struct fm_view *view, __u32 vlan, int direction,
			     struct fm_fast *fast)
{
	__u64 class = (__u32)fm_look_again(skb, data, end, view,
					   vlan | (direction == FM_EGRESS ? FM_MISS_EGRESS : 0));
	__u8 *ip = data + FM_FAST_L3;

	if (class > FM_ENTRY_CLASS || data + FM_FAST_LENGTH_IP4 > end)
		return FM_FAST_NO;
	fast->act = fm_find_act(view, direction, class);
	return *ip == FM_FAST_IP4 ? fm_fast_act4(skb, ip, view, class, direction, fast)
				  : fm_fast_act6(skb, ip, view, class, direction, fast);
}

#endif
