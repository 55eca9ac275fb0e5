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
#include "watch.h"

/* What of a packet goes from the full program to the one that looks for names. */
struct fm_work {
	struct fm_pkt pkt;
	struct fm_place place;
	__s32 recalled; /* as fm_recall() said */
	__u8 policy;	/* the view's, read once for each packet */
	__u8 pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fm_work);
} fm_work SEC(".maps");

FM_INLINE struct fm_work *fm_work_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&fm_work, &zero);
}

/* To the program of its own that looks for names: it needs the stack, and here the
 * verifier would go through it for every way a packet can be parsed. Comes back only
 * if there is none. */
FM_INLINE void fm_look_for_name(struct __sk_buff *skb, const struct fm_view *view,
				const struct fm_pkt *pkt, const struct fm_place *place,
				int recalled)
{
	struct fm_work *work = fm_work_here();

	if (!work)
		return;
	work->pkt = *pkt;
	work->place = *place;
	work->recalled = recalled;
	work->policy = view->policy;
	bpf_tail_call(skb, &fm_programs, FM_PROGRAM_NAMES + place->direction);
}

/* The class of a packet of which that was recalled; a class, or FM_OUTCOME_REASON + a
 * reason. */
FM_INLINE __u32 fm_class_of(struct __sk_buff *skb, const struct fm_view *view,
			    const struct fm_pkt *pkt, struct fm_place *place, int recalled)
{
	if (recalled == FM_MISS) {
		if (view->flags & FM_VIEW_USES_ROLES)
			place->shows = fm_source_shows(skb, pkt);
		return fm_decide(pkt, view, place);
	}
	if (recalled & FM_ENTRY_PENDING) {
		int settled;

		place->shows = fm_source_shows(skb, pkt);
		settled = fm_settle(pkt, view, place);

		/* or clang drops the result, and old verifiers find a pointer in its place */
		FM_HIDE(settled);
	}
	return recalled & FM_ENTRY_CLASS;
}

FM_INLINE __u32 fm_find_class(struct __sk_buff *skb, const struct fm_view *view,
			      const struct fm_pkt *pkt, struct fm_place *place)
{
	int recalled;

	if (view->flags & FM_VIEW_USES_DSCP) {
		int ingress = place->direction == FM_INGRESS;

		place->dscp = fm_arrived_dscp(skb, view, pkt->dscp, ingress);
		if (ingress)
			fm_carry_dscp(skb, place->dscp);
	}
	place->hash = fm_hash(view, pkt);
	place->low = fm_source_is_low(pkt);
	recalled = fm_recall(view, place);
	if (fm_may_name(view, pkt))
		fm_look_for_name(skb, view, pkt, place, recalled);
	return fm_class_of(skb, view, pkt, place, recalled);
}

FM_INLINE void fm_leave_found(const struct fm_pkt *pkt, struct fm_found *found)
{
	found->l3 = pkt->l3;
	found->l4 = pkt->l4;
	found->family = pkt->family;
	found->protocol = pkt->protocol;
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
	if (fm_unlikely(status == FM_REASON_FRAGMENT) && fm_may_hold_rest(view, &pkt))
		fm_look_for_name(skb, view, &pkt, &place, FM_ORPHAN);
	fm_leave_found(&pkt, found);
}

/* By a name that has just come a packet is decided whether or not the name could be kept. */
FM_INLINE void fm_use_draft(const struct fm_view *view, struct fm_place *place)
{
	const struct fm_name *draft = fm_name_draft();

	if (place->drafted && draft && draft->length)
		place->host = fm_host_class(view->policy & 1, draft);
}

/* The same for a packet that fm_look_for_name() has handed on. The view; 0: none. */
FM_INLINE const struct fm_view *fm_classify_named(struct __sk_buff *skb, struct fm_found *found)
{
	struct fm_work *work = fm_work_here();
	const struct fm_view *view;
	__u64 slot;
	int recalled;

	if (!work)
		return 0;
	slot = work->place.slot;
	FM_MASK(slot, FM_MAX_INTERFACES - 1);
	view = &fm_views[work->policy & 1][slot];
	FM_HIDE(view);
	if (work->recalled == FM_ORPHAN) {
		fm_watch_rest(skb, &work->pkt, &work->place);
		found->outcome = FM_OUTCOME_REASON + FM_REASON_FRAGMENT;
	} else {
		recalled = fm_watch(skb, view, &work->pkt, &work->place, work->recalled);
		fm_use_draft(view, &work->place);
		found->outcome = fm_class_of(skb, view, &work->pkt, &work->place, recalled);
	}
	fm_leave_found(&work->pkt, found);
	return view;
}

#endif
