/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The way of almost every packet, from its bytes to its mark: an Ethernet frame
 * without a tag inside it, IPv4 without options or IPv6 without extensions, whole,
 * TCP or UDP, of a flow whose class is remembered. Per family and straight on, so
 * that everything stays in registers: no call is made, no fact is stored, no bound
 * checked twice and no byte order changed. On any doubt the full program starts
 * over from the first byte.
 */
#ifndef FLOWMARK_BPF_PARSE_FAST_H
#define FLOWMARK_BPF_PARSE_FAST_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "carry.h"
#include "decide.h"
#include "mark.h"
#include "parse_l4.h"
#include "recall.h"
#include "roles.h"

#define FM_FAST_IP4 0x45	/* version 4, no options */
#define FM_FAST_FRAGMENT 0x3fff /* "more" and the offset; "don't" may be set */
#define FM_FAST_LEAST_IP4 24	/* an IP length that holds the ports; 0 is BIG TCP */
#define FM_FAST_LEAST_IP6 4

#define FM_FAST_L3 sizeof(struct ethhdr)
#define FM_FAST_L4_IP4 (FM_FAST_L3 + sizeof(struct iphdr))
#define FM_FAST_L4_IP6 (FM_FAST_L3 + sizeof(struct ipv6hdr))
#define FM_FAST_LENGTH_IP4 (FM_FAST_L4_IP4 + sizeof(struct fm_ports))
#define FM_FAST_LENGTH_IP6 (FM_FAST_L4_IP6 + sizeof(struct fm_ports))

/* A field of the header, at an even address: packed headers are read by bytes. */
#define FM_FIELD(type, base, offset) (*(const type *)((const __u8 *)(base) + (offset)))

/* What is left to do with a packet whose mark is right now. */
struct fm_fast {
	const struct fm_act *act;
	__u32 class;
	__u32 marked; /* 1: the mark was changed */
};

FM_INLINE int fm_is_tcp_or_udp(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* How the entry in the flow's place differs from what is looked for: a class, if it is
 * this flow's. */
FM_INLINE __u64 fm_fast_recall(const struct fm_view *view, __u64 hash, __u32 way)
{
	volatile __u64 *entry = fm_cache_entry(view, hash, way);

	return entry ? *entry ^ fm_entry_of(hash, view->fast_stamp) : ~0ull;
}

/* A policy that looks at marks stamps so that no decision is taken for a plain hit:
 * it holds if the packet's mark and direction agree with its basis (recall.h). Equal
 * ports and an answer that settles something are left to the full program. */
FM_INLINE int fm_fast_basis_holds(struct __sk_buff *skb, const struct fm_view *view,
				  __u64 difference, const struct fm_ports *ports, __u8 dscp,
				  int direction)
{
	__u16 sport = bpf_ntohs(ports->source), dport = bpf_ntohs(ports->dest);
	__u64 low = sport < dport;

	if (!skb || view->flags & FM_VIEW_RAW_IP || sport == dport)
		return 0;
	difference ^= FM_STAMP_NEVER;
	if (difference & FM_ENTRY_PENDING && !fm_from_initiator(low, difference >> FM_BASIS_SHIFT))
		return 0;
	dscp = fm_arrived_dscp(skb, view, dscp, direction == FM_INGRESS);
	if (!fm_basis_holds(difference, low, dscp))
		return 0;
	if (direction == FM_INGRESS)
		fm_carry_dscp(skb, dscp);
	return 1;
}

#define FM_FAST_EGRESS_BIT 63

FM_INLINE void fm_fast_copy_ip6(__u64 *to, const __u8 *address)
{
	to[0] = (__u64)bpf_ntohl(FM_FIELD(__be32, address, 0)) << 32 |
		bpf_ntohl(FM_FIELD(__be32, address, 4));
	to[1] = (__u64)bpf_ntohl(FM_FIELD(__be32, address, 8)) << 32 |
		bpf_ntohl(FM_FIELD(__be32, address, 12));
}

/* The packet's facts as the full parser would have them. 0: look there. */
FM_INLINE int fm_fast_facts(void *data, void *end, struct fm_pkt *pkt)
{
	__u8 *ip = data + FM_FAST_L3;

	pkt->l3 = FM_FAST_L3;
	pkt->flags = FM_PKT_PORTS;
	if (data + FM_FAST_LENGTH_IP4 > end)
		return 0;
	if (*ip == FM_FAST_IP4) {
		pkt->family = 4;
		pkt->l4 = FM_FAST_L4_IP4;
		pkt->src[1] = bpf_ntohl(FM_FIELD(__be32, ip, offsetof(struct iphdr, saddr)));
		pkt->dst[1] = bpf_ntohl(FM_FIELD(__be32, ip, offsetof(struct iphdr, daddr)));
	} else {
		if (data + FM_FAST_LENGTH_IP6 > end)
			return 0;
		pkt->family = 6;
		pkt->l4 = FM_FAST_L4_IP6;
		fm_fast_copy_ip6(pkt->src, ip + offsetof(struct ipv6hdr, saddr));
		fm_fast_copy_ip6(pkt->dst, ip + offsetof(struct ipv6hdr, daddr));
	}
	return 1;
}

/* A new flow: the class, or something else than a class for the full program. `rest` is
 * the key's, with the direction in its uppermost bit. */
FM_RARE int fm_fast_decide(void *data, void *end, const struct fm_view *view, __u64 hash,
			   __u64 rest)
{
	struct fm_place place = {
		.hash = hash,
		.iface = view->iface >> FM_KEY_IFACE_SHIFT,
		.slot = view->slot & (FM_MAX_INTERFACES - 1),
		.direction = rest >> FM_FAST_EGRESS_BIT,
		.dscp = FM_DSCP_NONE,
	};
	struct fm_pkt pkt = {
		.protocol = rest >> FM_KEY_PROTOCOL_SHIFT,
		.vlan = rest >> FM_KEY_VLAN_SHIFT & FM_VLAN_ID,
	};
	__u8 *l4;

	if (!fm_fast_facts(data, end, &pkt))
		return FM_OUTCOMES;
	l4 = data + (pkt.family == 4 ? FM_FAST_L4_IP4 : FM_FAST_L4_IP6);
	if (l4 + FM_TCP_FLAGS_OFFSET + 1 > (__u8 *)end)
		return FM_OUTCOMES;
	pkt.sport = bpf_ntohs(FM_FIELD(__be16, l4, offsetof(struct fm_ports, source)));
	pkt.dport = bpf_ntohs(FM_FIELD(__be16, l4, offsetof(struct fm_ports, dest)));
	if (view->flags & FM_VIEW_USES_ROLES && pkt.protocol == IPPROTO_TCP)
		place.shows = fm_flags_show(l4[FM_TCP_FLAGS_OFFSET]);
	place.low = fm_source_is_low(&pkt);
	return fm_decide(&pkt, view, &place);
}

/* No plain hit. Where XDP is (no skb) and VLANs matter, a tag that the NIC has taken out
 * cannot be seen, and tc decides. */
FM_INLINE __u64 fm_fast_miss(struct __sk_buff *skb, void *data, void *end,
			     const struct fm_view *view, __u64 hash, __u64 rest, __u64 difference,
			     const struct fm_ports *ports, __u8 dscp, int direction)
{
	if (view->flags & (FM_VIEW_USES_DSCP | FM_VIEW_RAW_IP))
		return fm_fast_basis_holds(skb, view, difference, ports, dscp, direction)
			       ? difference & FM_ENTRY_CLASS
			       : FM_OUTCOMES;
	if (!fm_is_other(difference) || (!skb && view->flags & FM_VIEW_USES_VLAN))
		return FM_OUTCOMES;
	return fm_fast_decide(data, end, view, hash, rest | (__u64)direction << FM_FAST_EGRESS_BIT);
}

/* `rest`: what both ends have in common but the protocol. */
FM_INLINE int fm_fast_ip4(struct __sk_buff *skb, void *data, void *end, const struct fm_view *view,
			  __u64 rest, int direction, struct fm_fast *fast)
{
	__u8 *ip = data + FM_FAST_L3, *l4 = data + FM_FAST_L4_IP4;
	__u8 protocol = FM_FIELD(__u8, ip, offsetof(struct iphdr, protocol));
	__u64 hash, class;

	if (FM_FIELD(__be16, ip, offsetof(struct iphdr, frag_off)) & bpf_htons(FM_FAST_FRAGMENT) ||
	    !fm_is_tcp_or_udp(protocol) ||
	    bpf_ntohs(FM_FIELD(__be16, ip, offsetof(struct iphdr, tot_len))) < FM_FAST_LEAST_IP4)
		return 0;
	rest |= (__u32)protocol << FM_KEY_PROTOCOL_SHIFT;
	hash = fm_hash_ends(view,
			    fm_hash_ip4(view, FM_FIELD(__be32, ip, offsetof(struct iphdr, saddr))),
			    FM_FIELD(__be16, l4, offsetof(struct fm_ports, source)),
			    fm_hash_ip4(view, FM_FIELD(__be32, ip, offsetof(struct iphdr, daddr))),
			    FM_FIELD(__be16, l4, offsetof(struct fm_ports, dest)), rest);
	class = fm_fast_recall(view, hash, 0);
	if (fm_unlikely(class > FM_ENTRY_CLASS)) {
		if (fm_is_other(class))
			class = fm_fast_recall(view, hash, 1);
		if (class > FM_ENTRY_CLASS)
			class = fm_fast_miss(skb, data, end, view, hash, rest, class,
					     (struct fm_ports *)l4, fm_dscp_get4(ip), direction);
		if (class > FM_ENTRY_CLASS)
			return 0;
	}
	fast->class = class;
	fast->act = fm_find_act(view, direction, class);
	fast->marked = fm_mark4(skb, ip, fast->act, class);
	return 1;
}

FM_INLINE __u64 fm_fast_hash_ip6(const struct fm_view *view, const __u8 *address)
{
	return fm_hash_ip6(view, FM_FIELD(__be32, address, 0), FM_FIELD(__be32, address, 4),
			   FM_FIELD(__be32, address, 8), FM_FIELD(__be32, address, 12));
}

FM_INLINE int fm_fast_ip6(struct __sk_buff *skb, void *data, void *end, const struct fm_view *view,
			  __u64 rest, int direction, struct fm_fast *fast)
{
	__u8 *ip = data + FM_FAST_L3, *l4 = data + FM_FAST_L4_IP6;
	__u8 protocol = FM_FIELD(__u8, ip, offsetof(struct ipv6hdr, nexthdr));
	__u64 hash, class;

	if (!fm_is_tcp_or_udp(protocol) ||
	    bpf_ntohs(FM_FIELD(__be16, ip, offsetof(struct ipv6hdr, payload_len))) <
		    FM_FAST_LEAST_IP6)
		return 0;
	rest |= (__u32)protocol << FM_KEY_PROTOCOL_SHIFT;
	hash = fm_hash_ends(view, fm_fast_hash_ip6(view, ip + offsetof(struct ipv6hdr, saddr)),
			    FM_FIELD(__be16, l4, offsetof(struct fm_ports, source)),
			    fm_fast_hash_ip6(view, ip + offsetof(struct ipv6hdr, daddr)),
			    FM_FIELD(__be16, l4, offsetof(struct fm_ports, dest)), rest);
	class = fm_fast_recall(view, hash, 0);
	if (fm_unlikely(class > FM_ENTRY_CLASS)) {
		if (fm_is_other(class))
			class = fm_fast_recall(view, hash, 1);
		if (class > FM_ENTRY_CLASS)
			class = fm_fast_miss(skb, data, end, view, hash, rest, class,
					     (struct fm_ports *)l4, fm_dscp_get6(ip), direction);
		if (class > FM_ENTRY_CLASS)
			return 0;
	}
	fast->class = class;
	fast->act = fm_find_act(view, direction, class);
	fast->marked = fm_mark6(skb, ip, fast->act, class, direction == FM_INGRESS);
	return 1;
}

/* 1: recalled and marked. 0: nothing has been touched. `vlan`: of a tag that is not
 * in the frame any more. `skb` may be 0 where there is none yet. */
FM_INLINE int fm_fast(struct __sk_buff *skb, void *data, void *end, const struct fm_view *view,
		      __u32 vlan, int direction, struct fm_fast *fast)
{
	__u64 rest = view->iface | (__u64)vlan << FM_KEY_VLAN_SHIFT;
	__be16 ethertype;
	__u8 first;

	if (data + FM_FAST_LENGTH_IP4 > end)
		return 0;
	ethertype = FM_FIELD(__be16, data, offsetof(struct ethhdr, h_proto));
	first = FM_FIELD(__u8, data, FM_FAST_L3);
	if (fm_likely(ethertype == bpf_htons(ETH_P_IP) && first == FM_FAST_IP4))
		return fm_fast_ip4(skb, data, end, view, rest, direction, fast);
	if (ethertype != bpf_htons(ETH_P_IPV6) || data + FM_FAST_LENGTH_IP6 > end ||
	    first >> 4 != 6)
		return 0;
	return fm_fast_ip6(skb, data, end, view, rest, direction, fast);
}

#endif
