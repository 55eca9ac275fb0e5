/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The way of almost every packet, all stages in one: an Ethernet frame without a
 * tag inside it, IPv4 without options or IPv6 without extensions, whole, TCP or
 * UDP, of a flow whose class is remembered. Per family and straight on, so that
 * everything stays in registers: no call is made, no fact is stored and no bound
 * checked twice. On any doubt the full program starts over from the first byte.
 */
#ifndef FLOWMARK_BPF_PARSE_FAST_H
#define FLOWMARK_BPF_PARSE_FAST_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "account.h"
#include "mark.h"
#include "parse_l4.h"
#include "recall.h"

#define FM_FAST_IP4 0x45 /* version 4, no options */
/* From the fragment offset on: "don't fragment" and the TTL may be anything. */
#define FM_FAST_WHOLE 0x3fff00ffu
/* IP lengths that hold the ports; 0 is BIG TCP. */
#define FM_FAST_SHORT(length, least) ((__u16)((length)-1) < (least)-1)

#define FM_FAST_L3 sizeof(struct ethhdr)
#define FM_FAST_L4_IP4 (FM_FAST_L3 + sizeof(struct iphdr))
#define FM_FAST_L4_IP6 (FM_FAST_L3 + sizeof(struct ipv6hdr))
#define FM_FAST_LENGTH_IP4 (FM_FAST_L4_IP4 + sizeof(struct fm_ports))
#define FM_FAST_LENGTH_IP6 (FM_FAST_L4_IP6 + sizeof(struct fm_ports))

FM_INLINE int fm_is_tcp_or_udp(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* The remembered class, or something else than a class. A policy that looks at
 * marks has a stamp here that no decision carries. */
FM_INLINE __u64 fm_fast_recall(const struct fm_hot *hot, const struct fm_iface_cell *cell,
			       const struct fm_pkt *pkt)
{
	struct fm_place place = {.slot = cell->slot};
	volatile __u64 *entry;

	fm_find_place(hot, pkt, &place);
	entry = fm_cache_entry(place.hash);
	return entry ? *entry ^ fm_entry_of(place.hash, hot->fast_stamp) : FM_OUTCOMES;
}

FM_INLINE void fm_fast_finish(struct __sk_buff *skb, const struct fm_act act, __u32 class, __u32 l4,
			      __u8 protocol, __u32 marked)
{
	struct fm_found found = {.l4 = l4, .protocol = protocol};

	if (fm_unlikely(act.flags & FM_ACT_PRIORITY))
		skb->priority = FM_PRIORITY_BASE + class;
	fm_account(skb, &found, act.counter, marked);
}

FM_INLINE int fm_fast_ip4(struct __sk_buff *skb, void *data, const struct fm_hot *hot,
			  const struct fm_iface_cell *cell, __u16 vlan, int direction)
{
	struct fm_pkt pkt = {.family = 4, .vlan = vlan};
	struct fm_ports *l4 = data + FM_FAST_L4_IP4;
	struct iphdr *ip = data + FM_FAST_L3;
	__u32 rest = bpf_ntohl(*(__be32 *)&ip->frag_off) & FM_FAST_WHOLE, marked = 0;
	struct fm_act act;
	__u64 class;

	if (!fm_is_tcp_or_udp(rest) || FM_FAST_SHORT(bpf_ntohs(ip->tot_len), 24))
		return 0;
	pkt.protocol = rest;
	pkt.src[1] = bpf_ntohl(ip->saddr);
	pkt.dst[1] = bpf_ntohl(ip->daddr);
	pkt.sport = bpf_ntohs(l4->source);
	pkt.dport = bpf_ntohs(l4->dest);
	class = fm_fast_recall(hot, cell, &pkt);
	if (fm_unlikely(class > FM_ENTRY_CLASS))
		return 0;
	act = fm_find_act(hot, cell, direction, class);
	if (act.dscp != FM_DSCP_KEEP && act.dscp != fm_dscp_get4((__u8 *)ip)) {
		fm_dscp_set4((__u8 *)ip, act.dscp);
		marked = 1;
	}
	fm_fast_finish(skb, act, class, FM_FAST_L4_IP4, rest, marked);
	return 1;
}

FM_INLINE int fm_fast_ip6(struct __sk_buff *skb, void *data, const struct fm_hot *hot,
			  const struct fm_iface_cell *cell, __u16 vlan, int direction)
{
	struct fm_ports *l4 = data + FM_FAST_L4_IP6;
	struct ipv6hdr *ip = data + FM_FAST_L3;
	struct fm_pkt pkt = {.family = 6, .vlan = vlan, .protocol = ip->nexthdr};
	__u64 *addr = (__u64 *)&ip->saddr;
	struct fm_act act;
	__u32 marked = 0;
	__u64 class;

	if (!fm_is_tcp_or_udp(pkt.protocol) || FM_FAST_SHORT(bpf_ntohs(ip->payload_len), 4))
		return 0;
	pkt.src[0] = bpf_be64_to_cpu(addr[0]);
	pkt.src[1] = bpf_be64_to_cpu(addr[1]);
	pkt.dst[0] = bpf_be64_to_cpu(addr[2]);
	pkt.dst[1] = bpf_be64_to_cpu(addr[3]);
	pkt.sport = bpf_ntohs(l4->source);
	pkt.dport = bpf_ntohs(l4->dest);
	class = fm_fast_recall(hot, cell, &pkt);
	if (fm_unlikely(class > FM_ENTRY_CLASS))
		return 0;
	act = fm_find_act(hot, cell, direction, class);
	if (act.dscp != FM_DSCP_KEEP && act.dscp != fm_dscp_get6((__u8 *)ip)) {
		fm_write6(skb, ip, act.dscp, direction == FM_INGRESS);
		marked = 1;
	}
	fm_fast_finish(skb, act, class, FM_FAST_L4_IP6, pkt.protocol, marked);
	return 1;
}

/* 1: done. 0: nothing has been touched. */
FM_INLINE int fm_fast(struct __sk_buff *skb, const struct fm_hot *hot,
		      const struct fm_iface_cell *cell, int direction)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct ethhdr *eth = data;
	__u8 *first = data + FM_FAST_L3;
	__u16 vlan = 0;

	if (data + FM_FAST_LENGTH_IP4 > end || cell->flags)
		return 0;
	if (fm_unlikely(skb->vlan_present))
		vlan = skb->vlan_tci & 0x0fff;
	if (fm_likely(eth->h_proto == bpf_htons(ETH_P_IP) && *first == FM_FAST_IP4))
		return fm_fast_ip4(skb, data, hot, cell, vlan, direction);
	if (eth->h_proto != bpf_htons(ETH_P_IPV6) || data + FM_FAST_LENGTH_IP6 > end ||
	    *first >> 4 != 6)
		return 0;
	return fm_fast_ip6(skb, data, hot, cell, vlan, direction);
}

#endif
