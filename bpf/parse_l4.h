/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 1c: the ports, where the protocol has them. */
#ifndef FLOWMARK_BPF_PARSE_L4_H
#define FLOWMARK_BPF_PARSE_L4_H

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

#endif
