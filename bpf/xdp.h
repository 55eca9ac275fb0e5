/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The XDP way, opt-in: recall, police, mark and account before the kernel has made
 * an skb. It looks at what the fast way looks at; everything else goes up to the tc
 * program as it came.
 *
 * A note in the packet's metadata tells the tc program what is done, so nothing is
 * counted twice. Drivers may drop metadata, so the notes must first have been seen
 * to arrive: the tc program writes the interface's index into fm_xdp_proven when it finds
 * one, and until then this program only leaves notes. A driver without metadata
 * never gets past that, and all work stays in tc.
 *
 * The note costs a helper call, the only one here; no field of xdp_md reaches tc.
 */
#ifndef FLOWMARK_BPF_XDP_H
#define FLOWMARK_BPF_XDP_H

#include "account.h"
#include "interface.h"
#include "parse_miss.h"

#define FM_XDP_MAGIC 0xf10a11edu

/* A packet may carry its metadata up to another interface (a VLAN's, a bridge's), for
 * which nothing has been done: so a note says whose it is. */
struct fm_xdp_note {
	__u32 from; /* FM_XDP_MAGIC ^ ifindex */
	__u32 done; /* 1: marked and counted */
};

/* `frags`: whether the frame may lie in several buffers. A constant: a test of the length
 * costs the verifier of 6.1 as much again, and it loses the bound of what clang then spills. */
FM_INLINE int fm_xdp_enter(struct xdp_md *ctx, int frags)
{
	const struct fm_view *view = fm_find_view(ctx->ingress_ifindex);
	struct fm_xdp_note *note;
	void *data, *end;
	enum fm_fast_way way;
	struct fm_fast fast;
	__u32 length = 0;
	__u64 slot;

	if (fm_unlikely(!view || bpf_xdp_adjust_meta(ctx, -(int)sizeof(*note))))
		return XDP_PASS;
	FM_HIDE(view);
	if (frags)
		length = bpf_xdp_get_buff_len(ctx);
	data = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if (!frags)
		length = end - data;
	note = (void *)(long)ctx->data_meta;
	if ((void *)(note + 1) > data)
		return XDP_PASS;
	note->from = FM_XDP_MAGIC ^ ctx->ingress_ifindex;
	note->done = 0;
	slot = view->slot;
	FM_MASK(slot, FM_MAX_INTERFACES - 1);
	/* In generic mode GRO has been here: what it has merged only tc can count. */
	if (fm_xdp_proven[slot] != ctx->ingress_ifindex || length > view->max_frame)
		return XDP_PASS;
	fast.length = length;
	way = fm_fast((struct fm_hook){.xdp = ctx}, data, end, view, view->iface, FM_INGRESS,
		      &fast);
	if (fm_unlikely(way == FM_FAST_MISS))
		way = fm_fast_missed(0, data, end, view, 0, FM_INGRESS, &fast);
	if (fm_unlikely(way != FM_FAST_DONE))
		return way == FM_FAST_DROP ? XDP_DROP : XDP_PASS;
	fm_count(fast.act->counter, fast.marked, 1, length);
	note->done = 1;
	return XDP_PASS;
}

/* For tc: 1 if XDP has done all there is to do. */
FM_INLINE int fm_xdp_did(struct __sk_buff *skb)
{
	struct fm_xdp_note *note = (void *)(long)skb->data_meta;
	const struct fm_view *view;
	__u64 slot;

	if ((void *)(note + 1) > (void *)(long)skb->data ||
	    note->from != (FM_XDP_MAGIC ^ skb->ifindex))
		return 0;
	if (fm_likely(note->done == 1))
		return 1;
	view = fm_find_view(skb->ifindex);
	if (!view)
		return 0;
	slot = view->slot;
	FM_MASK(slot, FM_MAX_INTERFACES - 1);
	if (fm_xdp_proven[slot] != skb->ifindex)
		fm_xdp_proven[slot] = skb->ifindex;
	return 0;
}

#endif
