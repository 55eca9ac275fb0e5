/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 5, account: count what the packet is on the wire. */
#ifndef FLOWMARK_BPF_ACCOUNT_H
#define FLOWMARK_BPF_ACCOUNT_H

#include "maps.h"
#include "found.h"

#define FM_TCP_OFFSET_BYTE 12
#define FM_VLAN_BYTES 4

struct fm_wire {
	__u32 packets;
	__u32 bytes;
};

/* Bytes of headers that every segment of a super-packet repeats. */
FM_INLINE __u32 fm_header_bytes(struct __sk_buff *skb, __u32 l4, __u32 protocol)
{
	__u8 offset = 0;

	if (protocol != IPPROTO_TCP)
		return l4 + 8;
	bpf_skb_load_bytes(skb, l4 + FM_TCP_OFFSET_BYTE, &offset, 1);
	return l4 + (offset >> 4) * 4;
}

/* A GSO super-packet counts as the segments it becomes. A guest's packet may not
 * say how many: then the payload does. Packs fm_wire into a return value. */
FM_RARE __u64 fm_count_segments(struct __sk_buff *skb, __u32 l4, __u32 protocol)
{
	__u32 header = fm_header_bytes(skb, l4, protocol), segments = skb->gso_segs,
	      size = skb->gso_size;

	if (!segments && size && skb->len > header)
		segments = (skb->len - header + size - 1) / size;
	if (!segments)
		segments = 1;
	return (__u64)segments << 32 | (skb->len + (segments - 1) * header);
}

FM_INLINE struct fm_wire fm_on_wire(struct __sk_buff *skb, const struct fm_found *found)
{
	struct fm_wire wire = {.packets = 1, .bytes = skb->len};

	if (fm_unlikely(skb->gso_size)) {
		__u64 packed = fm_count_segments(skb, found->l4, found->protocol);

		wire.packets = packed >> 32;
		wire.bytes = packed;
	}
	if (fm_unlikely(skb->vlan_present)) /* a tag that the stack holds beside the frame */
		wire.bytes += wire.packets * FM_VLAN_BYTES;
	return wire;
}

FM_INLINE void fm_account(struct __sk_buff *skb, const struct fm_found *found, __u32 index,
			  __u32 marked)
{
	struct fm_counter *counter = bpf_map_lookup_elem(&fm_counters, &index);
	struct fm_wire wire;

	if (!counter)
		return;
	wire = fm_on_wire(skb, found);
	counter->packets += wire.packets;
	counter->bytes += wire.bytes;
	if (marked)
		counter->marked += wire.packets;
}

#endif
