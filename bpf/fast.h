/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
/* The way of almost every packet: an Ethernet frame without a tag inside it, IPv4
 * without options or IPv6 without extensions, whole, TCP or UDP, of a flow whose
 * class is remembered. Everything stays in registers, no call is made, and on any
 * doubt the full program starts over from the first byte.
 */
#ifndef FLOWMARK_BPF_FAST_H
#define FLOWMARK_BPF_FAST_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "classify.h"

#define FM_FAST_L3 14
/* From the ethertype on, in host order: 08 00 45 TT, or 86 dd 6T TF. */
#define FM_FAST_IP4 0x080045u
#define FM_FAST_IP4_SHIFT 8
#define FM_FAST_IP6 0x86dd6u
#define FM_FAST_IP6_SHIFT 12
/* From the fragment offset on: "don't fragment" and the TTL may be anything. */
#define FM_FAST_WHOLE 0x3fff00ffu
/* IP lengths that hold the ports; 0 is BIG TCP. */
#define FM_FAST_SHORT(length, least) ((__u16)((length) - 1) < (least) - 1)

FM_INLINE int fm_is_tcp_or_udp(__u32 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/* What the fast way knows of a packet: enough to recall and to mark. */
struct fm_glance {
	__u64 hash;
	__u32 l4;
	__u8 family;
	__u8 protocol;
	__u8 dscp;
};

/* Per family, so that addresses never meet in one variable: they would be spilled. */
FM_INLINE void fm_fast_hash(const struct fm_hot *hot, const struct fm_iface_cell *cell,
			    struct fm_pkt *pkt, __be32 l4, struct fm_glance *glance)
{
	struct fm_place place = {.slot = cell->slot};
	__u32 ports = bpf_ntohl(l4);

	pkt->sport = ports >> 16;
	pkt->dport = ports;
	fm_find_place(hot, pkt, &place);
	glance->hash = place.hash;
	glance->family = pkt->family;
	glance->protocol = pkt->protocol;
}

FM_INLINE int fm_fast_ip4(void *data, void *end, const struct fm_hot *hot,
			  const struct fm_iface_cell *cell, __u16 vlan, struct fm_glance *glance)
{
	struct iphdr *ip = data + FM_FAST_L3;
	struct fm_pkt pkt = {.family = 4, .vlan = vlan};
	__be32 *l4 = (void *)(ip + 1);
	__u32 rest;

	if ((void *)(l4 + 1) > end)
		return 0;
	rest = bpf_ntohl(*(__be32 *)__builtin_assume_aligned(&ip->frag_off, 4)) & FM_FAST_WHOLE;
	if (!fm_is_tcp_or_udp(rest) || FM_FAST_SHORT(bpf_ntohs(ip->tot_len), 24))
		return 0;
	pkt.protocol = rest;
	pkt.src[1] = bpf_ntohl(ip->saddr);
	pkt.dst[1] = bpf_ntohl(ip->daddr);
	glance->dscp = fm_dscp_get4((__u8 *)ip);
	glance->l4 = FM_FAST_L3 + sizeof(*ip);
	fm_fast_hash(hot, cell, &pkt, *l4, glance);
	return 1;
}

FM_INLINE int fm_fast_ip6(void *data, void *end, const struct fm_hot *hot,
			  const struct fm_iface_cell *cell, __u16 vlan, struct fm_glance *glance)
{
	struct ipv6hdr *ip = data + FM_FAST_L3;
	struct fm_pkt pkt = {.family = 6, .vlan = vlan};
	__u64 *addr = (__u64 *)&ip->saddr;
	__be32 *l4 = (void *)(ip + 1);

	if ((void *)(l4 + 1) > end)
		return 0;
	if (!fm_is_tcp_or_udp(ip->nexthdr) || FM_FAST_SHORT(bpf_ntohs(ip->payload_len), 4))
		return 0;
	pkt.protocol = ip->nexthdr;
	pkt.src[0] = bpf_be64_to_cpu(addr[0]);
	pkt.src[1] = bpf_be64_to_cpu(addr[1]);
	pkt.dst[0] = bpf_be64_to_cpu(addr[2]);
	pkt.dst[1] = bpf_be64_to_cpu(addr[3]);
	glance->dscp = fm_dscp_get6((__u8 *)ip);
	glance->l4 = FM_FAST_L3 + sizeof(*ip);
	fm_fast_hash(hot, cell, &pkt, *l4, glance);
	return 1;
}

FM_INLINE int fm_fast_parse(struct __sk_buff *skb, const struct fm_hot *hot,
			    const struct fm_iface_cell *cell, struct fm_glance *glance)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__be32 *first = data + FM_FAST_L3 - 2;
	__u16 vlan = 0;
	__u32 word;

	if ((void *)(first + 1) > end)
		return 0;
	word = bpf_ntohl(*first);
	if (fm_unlikely(skb->vlan_present))
		vlan = skb->vlan_tci & 0x0fff;
	if (fm_likely(word >> FM_FAST_IP4_SHIFT == FM_FAST_IP4))
		return fm_fast_ip4(data, end, hot, cell, vlan, glance);
	if (word >> FM_FAST_IP6_SHIFT == FM_FAST_IP6)
		return fm_fast_ip6(data, end, hot, cell, vlan, glance);
	return 0;
}

/* Fills `found` and returns 1, or returns 0. */
FM_INLINE int fm_fast(struct __sk_buff *skb, const struct fm_hot *hot,
		      const struct fm_iface_cell *cell, struct fm_found *found)
{
	struct fm_glance glance;
	struct fm_place place = {};
	int class;

	/* Raw IP and policies that look at marks take the long way. */
	if (cell->flags || hot->uses_dscp || !fm_fast_parse(skb, hot, cell, &glance))
		return 0;
	place.hash = glance.hash;
	class = fm_recall(hot, &place);
	if (class < 0 || class & FM_ENTRY_PENDING)
		return 0;
	found->outcome = class;
	found->l3 = FM_FAST_L3;
	found->l4 = glance.l4;
	found->family = glance.family;
	found->protocol = glance.protocol;
	found->dscp = glance.dscp;
	return 1;
}

#endif
