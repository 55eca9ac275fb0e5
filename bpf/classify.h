/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stages 1 to 3 for any packet: parse, recall, decide. The packet's facts live in
 * memory here, as calls take their address; parse_fast.h spares almost every packet
 * this. */
#ifndef FLOWMARK_BPF_CLASSIFY_H
#define FLOWMARK_BPF_CLASSIFY_H

#include "carry.h"
#include "decide.h"
#include "found.h"
#include "parse.h"

/* A class, or FM_OUTCOME_REASON + a reason. */
FM_INLINE __u32 fm_find_class(struct __sk_buff *skb, const struct fm_hot *hot, __u32 policy,
			      const struct fm_pkt *pkt, struct fm_place *place)
{
	int class;

	if (hot->uses_dscp) {
		int ingress = place->direction == FM_INGRESS;

		place->dscp = fm_arrived_dscp(skb, hot, pkt, place->slot, ingress);
		if (ingress)
			fm_carry_dscp(skb, place->dscp);
	}
	fm_find_place(hot, pkt, place);
	place->low = fm_source_is_low(pkt);
	class = fm_recall(hot, place);
	if (class == FM_MISS)
		return fm_decide(skb, pkt, hot, policy, place);
	if (class & FM_ENTRY_PENDING)
		fm_settle(pkt, hot, place);
	return class & FM_ENTRY_CLASS;
}

/* `policy` is the generation's lowest bit. */
FM_INLINE void fm_classify(struct __sk_buff *skb, const struct fm_iface_cell *cell, __u32 policy,
			   __u32 direction, struct fm_found *found)
{
	struct fm_place place = {
		.slot = cell->slot & (FM_MAX_INTERFACES - 1),
		.direction = direction,
	};
	struct fm_pkt pkt = {};
	int status = fm_parse(skb, cell->flags & FM_IFACE_RAW_IP, &pkt);

	found->outcome = status == FM_PARSED
				 ? fm_find_class(skb, &fm_hot[policy], policy, &pkt, &place)
				 : FM_OUTCOME_REASON + (__u32)status;
	found->l3 = pkt.l3;
	found->l4 = pkt.l4;
	found->family = pkt.family;
	found->protocol = pkt.protocol;
	found->dscp = pkt.dscp;
}

#endif
