/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 1, parse: the bytes of a frame to struct fm_pkt. */
#ifndef FLOWMARK_BPF_PARSE_H
#define FLOWMARK_BPF_PARSE_H

#include "fragment.h"
#include "parse_l2.h"
#include "parse_l3.h"
#include "parse_l4.h"

/* FM_PARSED or a reason. */
FM_INLINE int fm_parse(struct __sk_buff *skb, __u32 raw_ip, struct fm_pkt *pkt)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct fm_link link = {};
	__u32 room = 0;
	int status = fm_find_ip(skb, data, end, raw_ip, &link);

	if (fm_unlikely(status != FM_PARSED))
		return status;
	pkt->l3 = link.l3;
	pkt->vlan = link.vlan;
	pkt->tags = link.tags;
	if (link.ethertype == ETH_P_IP)
		status = fm_parse_ip4(data, end, pkt, &room);
	else
		status = fm_parse_ip6(skb, data, end, pkt, &room);
	if (status != FM_PARSED)
		return status;
	if (fm_unlikely(pkt->flags & FM_PKT_LATER_FRAG))
		return fm_frag_recall(pkt);
	status = fm_parse_ports(data, end, pkt, room);
	if (fm_unlikely(pkt->flags & FM_PKT_FIRST_FRAG) && status == FM_PARSED)
		fm_frag_remember(pkt);
	return status;
}

#endif
