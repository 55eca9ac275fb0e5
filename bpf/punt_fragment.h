/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Later fragments of datagrams that may hold a name: the agent puts them together. */
#ifndef FLOWMARK_BPF_PUNT_FRAGMENT_H
#define FLOWMARK_BPF_PUNT_FRAGMENT_H

#include "parse_l3.h"
#include "punt.h"

#define FM_UDP_HEADER 8u

/* As struct fm_punt has it. In IPv6, what may stand between the fragment header and UDP
 * (destination options) is not reckoned with: such a datagram is not put together. */
FM_INLINE __u32 fm_fragment_place(struct __sk_buff *skb, const struct fm_pkt *pkt)
{
	__u32 at = pkt->family == 4 ? pkt->l3 + offsetof(struct iphdr, frag_off)
				    : pkt->l4 - sizeof(struct fm_ip6_frag) +
					      offsetof(struct fm_ip6_frag, offset);
	__u32 field, offset, more;
	__u8 byte[2] = {};

	bpf_skb_load_bytes(skb, at, byte, sizeof(byte));
	field = (__u32)byte[0] << 8 | byte[1];
	offset = pkt->family == 4 ? (field & FM_IP_OFFSET) * 8 : field & FM_IP6_OFFSET;
	more = pkt->family == 4 ? field & FM_IP_MF : field & FM_IP6_MF;
	return (offset - FM_UDP_HEADER) | FM_PUNT_FRAGMENT | (more ? FM_PUNT_MORE : 0);
}

FM_RARE int fm_punt_rest(struct __sk_buff *skb, const struct fm_pkt *pkt,
			 const struct fm_place *place, __u64 where)
{
	struct fm_punt *punt = fm_punt_open(skb, pkt, place, FM_PUNT_REST);
	__u32 offset = where, length = where >> 32;

	if (!punt)
		return 1;
	punt->fragment = fm_fragment_place(skb, pkt);
	return fm_punt_piece(skb, offset, length < FM_PUNT_PAYLOAD ? length : FM_PUNT_PAYLOAD);
}

#endif
