/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 6, account: count what the packet is on the wire. */
#ifndef FLOWMARK_BPF_ACCOUNT_H
#define FLOWMARK_BPF_ACCOUNT_H

#include "maps.h"
#include "packet.h"
#include "parse_l4.h"

#define FM_TCP_OFFSET_BYTE 12
#define FM_VLAN_BYTES 4

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
 * say how many: then the payload does. Segments << 32 | their bytes. */
FM_RARE __u64 fm_count_segments(struct __sk_buff *skb, __u32 l4, __u32 protocol)
{
	__u32 header, segments = skb->gso_segs, size = skb->gso_size;

	if (!l4)
		l4 = fm_fast_l4(skb, &protocol);
	header = fm_header_bytes(skb, l4, protocol);
	if (!segments && size && skb->len > header)
		segments = (skb->len - header + size - 1) / size;
	if (!segments)
		segments = 1;
	return (__u64)segments << 32 | (skb->len + (segments - 1) * header);
}

struct fm_wire {
	__u64 packets;
	__u64 bytes;
};

/* What the packet is on the wire. */
FM_INLINE struct fm_wire fm_on_wire(struct __sk_buff *skb, __u32 l4, __u32 protocol)
{
	struct fm_wire wire = {.packets = 1, .bytes = skb->len};

	if (fm_unlikely(skb->gso_size)) {
		__u64 packed = fm_count_segments(skb, l4, protocol);

		wire.packets = packed >> 32;
		wire.bytes = (__u32)packed;
	}
	if (fm_unlikely(fm_is_tagged(skb)))
		wire.bytes += wire.packets * FM_VLAN_BYTES;
	return wire;
}

/* `index` is the act's counter, `marked` 0 or 1. */
FM_INLINE void fm_count(__u32 index, __u32 marked, __u64 packets, __u64 bytes)
{
	struct fm_counter *counter = bpf_map_lookup_elem(&fm_counters, &index);

	if (!counter)
		return;
	counter->count[marked].packets += packets;
	counter->count[marked].bytes += bytes;
}

#endif
