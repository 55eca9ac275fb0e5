/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 1b: the IP header, its options or extension headers, fragments. */
#ifndef FLOWMARK_BPF_PARSE_L3_H
#define FLOWMARK_BPF_PARSE_L3_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "packet.h"

#define FM_IP_MF 0x2000
#define FM_IP_OFFSET 0x1fff
#define FM_IP6_OFFSET 0xfff8
#define FM_IP6_MF 0x0001

#ifndef IPPROTO_MH
#define IPPROTO_MH 135
#endif
#define FM_IPPROTO_HIP 139
#define FM_IPPROTO_SHIM6 140

struct fm_ip6_ext {
	__u8 next;
	__u8 length; /* in 8 bytes, not counting the first 8; AH: in 4, not the first 8 */
};

struct fm_ip6_frag {
	__u8 next;
	__u8 reserved;
	__be16 offset;
	__be32 id;
};

/* `room` is what the IP header itself promises after l3, for frames are padded
 * and the padding must not be read as ports. 0 in BIG TCP: everything there. */
FM_INLINE int fm_parse_ip4(void *data, void *end, struct fm_pkt *pkt, __u32 *room)
{
	struct iphdr *ip = data + pkt->l3;
	__u32 frag;

	if ((void *)(ip + 1) > end)
		return FM_REASON_TRUNCATED;
	if (ip->version != 4 || ip->ihl < 5)
		return FM_REASON_MALFORMED;
	pkt->family = 4;
	pkt->dscp = fm_dscp_get4((__u8 *)ip);
	pkt->protocol = ip->protocol;
	pkt->src[1] = bpf_ntohl(ip->saddr);
	pkt->dst[1] = bpf_ntohl(ip->daddr);
	pkt->l4 = pkt->l3 + ip->ihl * 4;
	*room = bpf_ntohs(ip->tot_len);
	frag = bpf_ntohs(ip->frag_off);
	if (fm_unlikely(frag & (FM_IP_MF | FM_IP_OFFSET))) {
		pkt->flags |= frag & FM_IP_OFFSET ? FM_PKT_LATER_FRAG : FM_PKT_FIRST_FRAG;
		pkt->frag_id = bpf_ntohs(ip->id);
		pkt->frag_protocol = ip->protocol;
	}
	return FM_PARSED;
}

FM_INLINE int fm_is_ext(__u8 header)
{
	return header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING ||
	       header == IPPROTO_DSTOPTS || header == IPPROTO_FRAGMENT || header == IPPROTO_AH ||
	       header == IPPROTO_MH || header == FM_IPPROTO_HIP || header == FM_IPPROTO_SHIM6;
}

/* What the walk over the extension headers finds. */
struct fm_walk {
	__u32 l4;
	__u32 frag_id;
	__u8 protocol;
	__u8 frag_protocol;
	__u8 flags;
};

/* An atomic fragment (first and last at once, RFC 6946) is no fragment. */
FM_INLINE void fm_note_frag6(struct fm_walk *walk, const struct fm_ip6_frag *frag)
{
	__u32 offset = bpf_ntohs(frag->offset);

	if (!(offset & (FM_IP6_OFFSET | FM_IP6_MF)))
		return;
	walk->flags |= offset & FM_IP6_OFFSET ? FM_PKT_LATER_FRAG : FM_PKT_FIRST_FRAG;
	walk->frag_id = bpf_ntohl(frag->id);
	walk->frag_protocol = frag->next;
}

FM_INLINE int fm_step(void *data, void *end, struct fm_walk *walk)
{
	struct fm_ip6_frag *ext;
	__u64 at = walk->l4;
	__u32 length;

	FM_MASK(at, 0xfff);
	ext = data + at;
	if ((void *)(ext + 1) > end)
		return FM_REASON_TRUNCATED;
	length = ext->reserved; /* the second byte of every other extension is its length */
	if (walk->protocol == IPPROTO_FRAGMENT) {
		fm_note_frag6(walk, ext);
		length = 8;
	} else if (walk->protocol == IPPROTO_AH) {
		length = (length + 2) * 4;
	} else {
		length = (length + 1) * 8;
	}
	walk->protocol = ext->next;
	walk->l4 += length;
	return walk->l4 > 0xfff ? FM_REASON_EXT_HEADERS : FM_PARSED;
}

/* What follows a later fragment's header is payload, whatever it is called. */
FM_INLINE int fm_walk_ended(const struct fm_walk *walk)
{
	return walk->flags & FM_PKT_LATER_FRAG || !fm_is_ext(walk->protocol);
}

/* The walk packed into one scalar; read back in fm_parse_ext(). */
#define FM_WALK_L4_SHIFT 8
#define FM_WALK_FLAGS_SHIFT 20
#define FM_WALK_FRAG_PROTOCOL_SHIFT 24
#define FM_WALK_ID_SHIFT 32

#define FM_WALK_FAILED 0xffffff00ull /* an l4 and flags that no walk ends with, | reason */

/* Global for the verifier's sake, as in parse_l2.h. */
FM_GLOBAL __u64 fm_walk_extensions(struct __sk_buff *skb, __u32 l4, __u32 protocol)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct fm_walk walk = {.l4 = l4, .protocol = protocol};
	int status = FM_PARSED;

	for (int i = 0; i < FM_MAX_EXT_HEADERS; i++) {
		if (fm_walk_ended(&walk))
			break;
		status = fm_step(data, end, &walk);
		if (status != FM_PARSED)
			return FM_WALK_FAILED | status;
	}
	if (!fm_walk_ended(&walk))
		return FM_WALK_FAILED | FM_REASON_EXT_HEADERS;
	return walk.protocol | walk.l4 << FM_WALK_L4_SHIFT | walk.flags << FM_WALK_FLAGS_SHIFT |
	       (__u64)walk.frag_protocol << FM_WALK_FRAG_PROTOCOL_SHIFT |
	       (__u64)walk.frag_id << FM_WALK_ID_SHIFT;
}

FM_INLINE int fm_parse_ext(struct __sk_buff *skb, struct fm_pkt *pkt)
{
	__u64 walk = fm_walk_extensions(skb, pkt->l4, pkt->protocol);

	if ((walk & FM_WALK_FAILED) == FM_WALK_FAILED)
		return walk & 0xff;
	pkt->protocol = walk;
	pkt->l4 = walk >> FM_WALK_L4_SHIFT & 0xfff;
	pkt->flags = walk >> FM_WALK_FLAGS_SHIFT & 0xf;
	pkt->frag_protocol = walk >> FM_WALK_FRAG_PROTOCOL_SHIFT;
	pkt->frag_id = walk >> FM_WALK_ID_SHIFT;
	return FM_PARSED;
}

FM_INLINE int fm_parse_ip6(struct __sk_buff *skb, void *data, void *end, struct fm_pkt *pkt,
			   __u32 *room)
{
	struct ipv6hdr *ip = data + pkt->l3;
	__u64 *addr = (__u64 *)&ip->saddr;

	if ((void *)(ip + 1) > end)
		return FM_REASON_TRUNCATED;
	if (ip->version != 6)
		return FM_REASON_MALFORMED;
	pkt->family = 6;
	pkt->dscp = fm_dscp_get6((__u8 *)ip);
	pkt->protocol = ip->nexthdr;
	pkt->src[0] = bpf_be64_to_cpu(addr[0]);
	pkt->src[1] = bpf_be64_to_cpu(addr[1]);
	pkt->dst[0] = bpf_be64_to_cpu(addr[2]);
	pkt->dst[1] = bpf_be64_to_cpu(addr[3]);
	pkt->l4 = pkt->l3 + sizeof(*ip);
	*room = bpf_ntohs(ip->payload_len);
	if (*room)
		*room += sizeof(*ip);
	if (fm_unlikely(fm_is_ext(pkt->protocol)))
		return fm_parse_ext(skb, pkt);
	return FM_PARSED;
}

#endif
