/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* To the agent, through a ring buffer: what only it can read, QUIC Initials and DNS
 * answers. A full ring costs evidence, counted, and nothing else. */
#ifndef FLOWMARK_BPF_PUNT_H
#define FLOWMARK_BPF_PUNT_H

#include "clock.h"
#include "failures.h"
#include "packet.h"

/* A TCP segment that GRO has merged goes in so many pieces at most. */
#define FM_PUNT_PIECES 8u

#define FM_PUNT_HEAD offsetof(struct fm_punt, payload)

/* `length` bytes of payload at `offset`, with this CPU's punt filled in but for them. */
FM_GLOBAL int fm_punt_piece(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	__u32 zero = 0;
	struct fm_punt *punt = bpf_map_lookup_elem(&fm_punt_work, &zero);
	__u64 bytes = length - 1;

	if (!punt || length - 1 >= FM_PUNT_PAYLOAD)
		return 1;
	FM_MASK(bytes, FM_PUNT_PAYLOAD - 1);
	bytes++;
	if (bpf_skb_load_bytes(skb, offset, punt->payload, bytes))
		return 1;
	punt->length = bytes;
	if (bpf_ringbuf_output(&fm_punts, punt, FM_PUNT_HEAD + bytes, 0)) {
		fm_count_name_event(FM_NAME_EVENT_NOT_PUNTED);
		return 1;
	}
	fm_count_name_event(FM_NAME_EVENT_PUNTED);
	return 0;
}

FM_INLINE struct fm_punt *fm_punt_open(struct __sk_buff *skb, const struct fm_pkt *pkt,
				       const struct fm_place *place, enum fm_punt_kind kind)
{
	__u32 zero = 0;
	struct fm_punt *punt = bpf_map_lookup_elem(&fm_punt_work, &zero);

	if (!punt)
		return 0;
	punt->time_ns = fm_now();
	punt->hash = place->hash;
	punt->src[0] = pkt->src[0];
	punt->src[1] = pkt->src[1];
	punt->dst[0] = pkt->dst[0];
	punt->dst[1] = pkt->dst[1];
	punt->sport = pkt->sport;
	punt->dport = pkt->dport;
	punt->vlan = pkt->vlan;
	punt->iface = place->iface;
	punt->datagram = skb->gso_size;
	punt->kind = kind;
	punt->family = pkt->family;
	punt->protocol = pkt->protocol;
	punt->source_is_low = place->low & 1;
	punt->seq = pkt->frag_id;
	punt->fragment = pkt->flags & FM_PKT_FIRST_FRAG ? FM_PUNT_FRAGMENT | FM_PUNT_MORE : 0;
	return punt;
}

/* Datagrams; of merged ones as many as fit. */
FM_RARE int fm_punt_udp(struct __sk_buff *skb, const struct fm_pkt *pkt,
			const struct fm_place *place, __u32 kind, __u64 where)
{
	__u32 offset = where, length = where >> 32;

	if (!fm_punt_open(skb, pkt, place, kind))
		return 1;
	return fm_punt_piece(skb, offset, length < FM_PUNT_PAYLOAD ? length : FM_PUNT_PAYLOAD);
}

FM_GLOBAL int fm_punt_stream(struct __sk_buff *skb, __u32 offset, __u32 length, __u32 seq)
{
	__u32 zero = 0;
	struct fm_punt *punt = bpf_map_lookup_elem(&fm_punt_work, &zero);

	if (!punt)
		return 1;
	for (__u32 i = 0; i < FM_PUNT_PIECES && length; i++) {
		__u32 piece = length < FM_PUNT_PAYLOAD ? length : FM_PUNT_PAYLOAD;

		punt->seq = seq;
		if (fm_punt_piece(skb, offset, piece))
			return 1;
		seq += piece;
		offset += piece;
		length -= piece;
	}
	return 0;
}

FM_RARE int fm_punt_tcp(struct __sk_buff *skb, const struct fm_pkt *pkt,
			const struct fm_place *place, __u32 seq, __u64 where)
{
	if (!fm_punt_open(skb, pkt, place, FM_PUNT_DNS_TCP))
		return 1;
	return fm_punt_stream(skb, where, where >> 32, seq);
}

#endif
