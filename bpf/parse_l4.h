/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 1c: the ports, where the protocol has them. */
#ifndef FLOWMARK_BPF_PARSE_L4_H
#define FLOWMARK_BPF_PARSE_L4_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "packet.h"

#ifndef IPPROTO_UDPLITE
#define IPPROTO_UDPLITE 136
#endif

struct fm_ports {
	__be16 source;
	__be16 dest;
};

FM_INLINE int fm_has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_UDPLITE || protocol == IPPROTO_DCCP;
}

FM_INLINE int fm_parse_ports(void *data, void *end, struct fm_pkt *pkt, __u32 room)
{
	struct fm_ports *ports;
	__u64 l4 = pkt->l4;

	if (!fm_has_ports(pkt->protocol))
		return FM_PARSED;
	FM_MASK(l4, 0xfff);
	ports = data + l4;
	if ((void *)(ports + 1) > end)
		return FM_REASON_TRUNCATED;
	if (room && pkt->l4 - pkt->l3 + sizeof(*ports) > room)
		return FM_REASON_TRUNCATED;
	pkt->sport = bpf_ntohs(ports->source);
	pkt->dport = bpf_ntohs(ports->dest);
	pkt->flags |= FM_PKT_PORTS;
	return FM_PARSED;
}

/* The fast way keeps no register for these: it passes 0, and they are read again. */
FM_INLINE __u32 fm_fast_l4(struct __sk_buff *skb, __u32 *protocol)
{
	int is_ip4 = skb->protocol == bpf_htons(ETH_P_IP);
	__u32 l4 = ETH_HLEN + (is_ip4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr));
	__u32 at = ETH_HLEN +
		   (is_ip4 ? offsetof(struct iphdr, protocol) : offsetof(struct ipv6hdr, nexthdr));
	__u8 byte = 0;

	bpf_skb_load_bytes(skb, at, &byte, 1);
	*protocol = byte;
	return l4;
}

#endif
