/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Who opened the flow. The key presumes the low end to be the responder; a TCP
 * SYN and an ICMP echo show the truth. */
#ifndef FLOWMARK_BPF_ROLES_H
#define FLOWMARK_BPF_ROLES_H

#include "packet.h"

#define FM_TCP_FLAGS_OFFSET 13
#define FM_TCP_SYN 0x02
#define FM_TCP_RST 0x04
#define FM_TCP_ACK 0x10

#define FM_ICMP_ECHO_REPLY 0
#define FM_ICMP_ECHO 8
#define FM_ICMP6_ECHO 128
#define FM_ICMP6_ECHO_REPLY 129

FM_INLINE enum fm_shown fm_flags_show(__u8 flags)
{
	if (flags & FM_TCP_RST)
		return FM_SHOWS_RESET;
	if (!(flags & FM_TCP_SYN))
		return FM_SHOWS_NOTHING;
	return flags & FM_TCP_ACK ? FM_SHOWS_RESPONDER : FM_SHOWS_INITIATOR;
}

FM_INLINE enum fm_shown fm_tcp_shows(struct __sk_buff *skb, __u32 l4)
{
	__u8 flags = 0;

	if (bpf_skb_load_bytes(skb, l4 + FM_TCP_FLAGS_OFFSET, &flags, 1))
		return FM_SHOWS_NOTHING;
	return fm_flags_show(flags);
}

FM_INLINE enum fm_shown fm_icmp_shows(struct __sk_buff *skb, __u32 l4, __u8 request, __u8 reply)
{
	__u8 type = 0xff;

	if (bpf_skb_load_bytes(skb, l4, &type, 1))
		return FM_SHOWS_NOTHING;
	return type == request ? FM_SHOWS_INITIATOR
	       : type == reply ? FM_SHOWS_RESPONDER
			       : FM_SHOWS_NOTHING;
}

/* What this packet alone shows of its source. */
FM_INLINE enum fm_shown fm_source_shows(struct __sk_buff *skb, const struct fm_pkt *pkt)
{
	if (pkt->flags & FM_PKT_LATER_FRAG)
		return FM_SHOWS_NOTHING;
	if (pkt->protocol == IPPROTO_TCP)
		return fm_tcp_shows(skb, pkt->l4);
	if (pkt->protocol == IPPROTO_ICMP && pkt->family == 4)
		return fm_icmp_shows(skb, pkt->l4, FM_ICMP_ECHO, FM_ICMP_ECHO_REPLY);
	if (pkt->protocol == IPPROTO_ICMPV6 && pkt->family == 6)
		return fm_icmp_shows(skb, pkt->l4, FM_ICMP6_ECHO, FM_ICMP6_ECHO_REPLY);
	return FM_SHOWS_NOTHING;
}

#endif
