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
#include "roles.h"

FM_INLINE int fm_decide_shown(struct __sk_buff *skb, const struct fm_pkt *pkt,
			      const struct fm_view *view, struct fm_place *place)
{
	if (view->flags & FM_VIEW_USES_ROLES)
		place->shows = fm_source_shows(skb, pkt);
	return fm_decide(pkt, view, place);
}

/* A class, or FM_OUTCOME_REASON + a reason. */
FM_INLINE __u32 fm_find_class(struct __sk_buff *skb, const struct fm_view *view,
			      const struct fm_pkt *pkt, struct fm_place *place)
{
	int class;

	if (view->flags & FM_VIEW_USES_DSCP) {
		int ingress = place->direction == FM_INGRESS;

		place->dscp = fm_arrived_dscp(skb, view, pkt->dscp, ingress);
		if (ingress)
			fm_carry_dscp(skb, place->dscp);
	}
	place->hash = fm_hash(view, pkt);
	place->low = fm_source_is_low(pkt);
	class = fm_recall(view, place);
	if (class == FM_MISS)
		return fm_decide_shown(skb, pkt, view, place);
	if (class & FM_ENTRY_PENDING) {
		int settled;

		place->shows = fm_source_shows(skb, pkt);
		settled = fm_settle(pkt, view, place);

		/* or clang drops the result, and old verifiers find a pointer in its place */
		FM_HIDE(settled);
	}
	return class & FM_ENTRY_CLASS;
}

FM_INLINE void fm_classify(struct __sk_buff *skb, const struct fm_view *view, __u32 direction,
			   struct fm_found *found)
{
	struct fm_place place = {
		.iface = view->iface >> FM_KEY_IFACE_SHIFT,
		.slot = view->slot & (FM_MAX_INTERFACES - 1),
		.direction = direction,
	};
	struct fm_pkt pkt = {};
	int status = fm_parse(skb, view->flags & FM_VIEW_RAW_IP, &pkt);

	found->outcome = status == FM_PARSED ? fm_find_class(skb, view, &pkt, &place)
					     : FM_OUTCOME_REASON + (__u32)status;
	found->l3 = pkt.l3;
	found->l4 = pkt.l4;
	found->family = pkt.family;
	found->protocol = pkt.protocol;
}

#endif
