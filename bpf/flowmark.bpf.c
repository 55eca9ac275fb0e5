// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Flowmark's packet path: parse, recall, decide, mark, account, and always hand
 * the packet on. README.md beside this file says which header is which stage. */
#include "account.h"
#include "act.h"
#include "classify.h"
#include "parse_miss.h"
#include "interface.h"
#include "maps.h"
#include "mark.h"
#include "xdp.h"

/* Enough for every header that is looked at, six extensions of usual size included. */
#define FM_PULL_BYTES 512

/* Headers outside the linear area: fetch them and start over. Once, as the second
 * time there is nothing more to fetch. */
FM_RARE int fm_pull(struct __sk_buff *skb, int direction)
{
	__u32 wanted = skb->len < FM_PULL_BYTES ? skb->len : FM_PULL_BYTES;

	if (skb->data_end - skb->data < wanted && !bpf_skb_pull_data(skb, wanted))
		bpf_tail_call(skb, &fm_programs, direction);
	return 0;
}

/* Act, mark and account. */
FM_INLINE int fm_finish(struct __sk_buff *skb, const struct fm_view *view,
			const struct fm_found *found, int direction)
{
	__u32 l4 = found->l4, marked = 0;
	__u64 outcome = found->outcome;
	const struct fm_act *act;
	struct fm_wire wire;
	enum fm_next next;

	FM_MASK(outcome, 0x7f);
	if (outcome >= FM_OUTCOMES)
		return TC_ACT_UNSPEC;
	act = fm_find_act(view, direction, outcome);
	next = fm_obey(skb, view, act->flags, outcome, direction, l4 | found->protocol << 16);
	if (next == FM_NEXT_DROP)
		return TC_ACT_SHOT;
	if (next == FM_NEXT_MARK)
		marked = fm_mark(skb, found, act->dscp, direction == FM_INGRESS);
	wire = fm_on_wire(skb, l4, found->protocol);
	fm_count(act->counter, marked, wire.packets, wire.bytes);
	return TC_ACT_UNSPEC;
}

/* A packet of an interface that the table does not hold. */
FM_INLINE int fm_lost(struct __sk_buff *skb)
{
	struct fm_wire wire = fm_on_wire(skb, 0, 0);

	fm_count(FM_COUNTER_LOST, 0, wire.packets, wire.bytes);
	return TC_ACT_UNSPEC;
}

/* Of a tag that the stack holds beside the frame. */
FM_INLINE __u32 fm_vlan_beside(struct __sk_buff *skb)
{
	return fm_is_tagged(skb) ? skb->vlan_tci & FM_VLAN_ID : 0;
}

/* Reads the frame's place anew, so that nothing is kept for this on the fast way. */
FM_INLINE int fm_missed(struct __sk_buff *skb, const struct fm_view *view, int direction,
			struct fm_fast *fast)
{
	FM_HIDE(skb);
	return fm_fast_missed(skb, fm_data(skb), fm_data_end(skb), view, fm_vlan_beside(skb),
			      direction, fast);
}

/* The full program is behind a tail call, which costs a nanosecond and gives it a stack
 * and registers of its own. */
FM_INLINE int fm_hand_on(struct __sk_buff *skb, int direction)
{
	bpf_tail_call(skb, &fm_programs, direction);
	return fm_lost(skb); /* never: the agent fills the table before it attaches */
}

/* The entry: the fast way, or the full program. */
FM_INLINE int fm_enter(struct __sk_buff *skb, int direction)
{
	const struct fm_view *view = fm_find_view(skb->ifindex);
	enum fm_fast_way way;
	struct fm_fast fast;
	struct fm_wire wire;
	__u64 rest;

	if (fm_unlikely(!view))
		return fm_lost(skb);
	FM_HIDE(view);
	fast.length = 0;
	rest = view->iface;
	if (fm_unlikely(fm_is_tagged(skb)))
		rest |= (__u64)fm_vlan_beside(skb) << FM_KEY_VLAN_SHIFT;
	way = fm_fast((struct fm_hook){.skb = skb}, fm_data(skb), fm_data_end(skb), view, rest,
		      direction, &fast);
	if (fm_unlikely(way == FM_FAST_MISS))
		way = fm_missed(skb, view, direction, &fast);
	if (fm_unlikely(way != FM_FAST_DONE))
		return way == FM_FAST_DROP ? TC_ACT_SHOT : fm_hand_on(skb, direction);
	wire = fm_on_wire(skb, 0, 0);
	fm_count(fast.act->counter, fast.marked, wire.packets, wire.bytes);
	return TC_ACT_UNSPEC;
}

FM_INLINE int fm_full(struct __sk_buff *skb, int direction)
{
	const struct fm_view *view = fm_find_view(skb->ifindex);
	struct fm_found found = {};

	if (fm_unlikely(!view))
		return fm_lost(skb);
	fm_classify(skb, view, direction, &found);
	if (fm_unlikely(found.outcome == FM_OUTCOME_REASON + FM_REASON_TRUNCATED))
		fm_pull(skb, direction);
	return fm_finish(skb, view, &found, direction);
}

FM_INLINE int fm_named(struct __sk_buff *skb, int direction)
{
	struct fm_found found = {};
	const struct fm_view *view = fm_classify_named(skb, &found);

	return view ? fm_finish(skb, view, &found, direction) : fm_lost(skb);
}

/* TC_ACT_UNSPEC is TCX_NEXT: whatever else is attached runs as if we were not. */
SEC("tc")
int flowmark_in(struct __sk_buff *skb)
{
	return fm_enter(skb, FM_INGRESS);
}

/* The same where an XDP program of ours runs before it. */
SEC("tc")
int flowmark_after(struct __sk_buff *skb)
{
	return fm_xdp_did(skb) ? TC_ACT_UNSPEC : fm_enter(skb, FM_INGRESS);
}

SEC("tc")
int flowmark_out(struct __sk_buff *skb)
{
	return fm_enter(skb, FM_EGRESS);
}

SEC("tc")
int flowmark_in_full(struct __sk_buff *skb)
{
	return fm_full(skb, FM_INGRESS);
}

SEC("tc")
int flowmark_out_full(struct __sk_buff *skb)
{
	return fm_full(skb, FM_EGRESS);
}

SEC("tc")
int flowmark_in_names(struct __sk_buff *skb)
{
	return fm_named(skb, FM_INGRESS);
}

SEC("tc")
int flowmark_out_names(struct __sk_buff *skb)
{
	return fm_named(skb, FM_EGRESS);
}

SEC("xdp")
int flowmark_xdp(struct xdp_md *ctx)
{
	return fm_xdp_enter(ctx, 0);
}

/* For frames in several buffers, since 5.18; apart, for the length costs a call. */
SEC("xdp.frags")
int flowmark_xdp_frags(struct xdp_md *ctx)
{
	return fm_xdp_enter(ctx, 1);
}

char _license[] SEC("license") = "Dual BSD/GPL";
