/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 1a: from the first byte of the frame to the IP header. Ethernet, up to
 * two VLAN tags (802.1Q, 802.1ad; the outer one may sit in the skb), PPPoE
 * sessions; or no link header at all. */
#ifndef FLOWMARK_BPF_PARSE_L2_H
#define FLOWMARK_BPF_PARSE_L2_H

#include "packet.h"

#define FM_PPPOE_SESSION 0x8864
#define FM_PPP_IPV4 0x0021
#define FM_PPP_IPV6 0x0057
#define FM_PPPOE_VERSION_TYPE 0x11

struct fm_vlan_tag {
	__be16 tci;
	__be16 protocol;
};

struct fm_pppoe {
	__u8 version_type;
	__u8 code; /* 0: session data */
	__be16 session;
	__be16 length;
	__be16 protocol;
};

/* What stage 1a finds: the offset of the IP header, its family, the outer tag. */
struct fm_link {
	__u32 l3;
	__u32 ethertype;
	__u16 vlan;
	__u8 tags;
};

FM_INLINE int fm_is_vlan(__u32 ethertype)
{
	return ethertype == ETH_P_8021Q || ethertype == ETH_P_8021AD;
}

/* The outermost tag names the VLAN, wherever it was found. */
FM_INLINE void fm_note_tag(struct fm_link *link, __u16 tci)
{
	if (!link->tags++)
		link->vlan = tci & FM_VLAN_ID;
}

/* Steps over in-frame tags. Returns FM_PARSED or a reason. */
FM_INLINE int fm_parse_vlan(void *data, void *end, struct fm_link *link)
{
#pragma unroll
	for (int i = 0; i <= FM_MAX_VLAN_TAGS; i++) {
		struct fm_vlan_tag *tag = data + link->l3;

		if (!fm_is_vlan(link->ethertype))
			return FM_PARSED;
		if (link->tags == FM_MAX_VLAN_TAGS)
			return FM_REASON_VLAN_DEPTH;
		if ((void *)(tag + 1) > end)
			return FM_REASON_TRUNCATED;
		fm_note_tag(link, bpf_ntohs(tag->tci));
		link->ethertype = bpf_ntohs(tag->protocol);
		link->l3 += sizeof(*tag);
	}
	return FM_PARSED;
}

FM_INLINE int fm_parse_pppoe(void *data, void *end, struct fm_link *link)
{
	struct fm_pppoe *ppp = data + link->l3;
	__u32 protocol;

	if (link->ethertype != FM_PPPOE_SESSION)
		return FM_PARSED;
	if ((void *)(ppp + 1) > end)
		return FM_REASON_TRUNCATED;
	if (ppp->version_type != FM_PPPOE_VERSION_TYPE || ppp->code)
		return FM_REASON_NOT_IP;
	protocol = bpf_ntohs(ppp->protocol);
	link->ethertype = protocol == FM_PPP_IPV4   ? ETH_P_IP
			  : protocol == FM_PPP_IPV6 ? ETH_P_IPV6
						    : 0;
	link->l3 += sizeof(*ppp);
	return FM_PARSED;
}

/* A device without a link header: the version nibble is all there is. */
FM_INLINE int fm_parse_raw(void *data, void *end, struct fm_link *link)
{
	__u8 *first = data;

	if ((void *)(first + 1) > end)
		return FM_REASON_TRUNCATED;
	link->ethertype = *first >> 4 == 4 ? ETH_P_IP : *first >> 4 == 6 ? ETH_P_IPV6 : 0;
	return FM_PARSED;
}

FM_INLINE int fm_parse_ethernet(void *data, void *end, struct fm_link *link)
{
	struct ethhdr *eth = data;
	int status;

	if ((void *)(eth + 1) > end)
		return FM_REASON_TRUNCATED;
	link->ethertype = bpf_ntohs(eth->h_proto);
	link->l3 = sizeof(*eth);
	status = fm_parse_vlan(data, end, link);
	return status == FM_PARSED ? fm_parse_pppoe(data, end, link) : status;
}

#define FM_LINK_L3_BITS 6
#define FM_LINK_IPV6_BIT 8
#define FM_LINK_TAGS_SHIFT 12
#define FM_LINK_VLAN_SHIFT 16

/* Everything but an untagged Ethernet frame with IP in it. Returns the packed
 * link, or -1 - reason. Global, so that the many ways through it end in one
 * state: inlined, each would be followed through all later stages. */
FM_GLOBAL int fm_parse_link(struct __sk_buff *skb, __u32 raw_ip)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct fm_link link = {};
	int status;

	if (fm_is_tagged(skb))
		fm_note_tag(&link, skb->vlan_tci);
	status = raw_ip ? fm_parse_raw(data, end, &link) : fm_parse_ethernet(data, end, &link);
	if (status == FM_PARSED && link.ethertype != ETH_P_IP && link.ethertype != ETH_P_IPV6)
		status = FM_REASON_NOT_IP;
	if (status != FM_PARSED)
		return -1 - status;
	return link.l3 | (link.ethertype == ETH_P_IPV6) << FM_LINK_IPV6_BIT |
	       link.tags << FM_LINK_TAGS_SHIFT | link.vlan << FM_LINK_VLAN_SHIFT;
}

/* Stage 1a. FM_PARSED or a reason. */
FM_INLINE int fm_find_ip(struct __sk_buff *skb, void *data, void *end, __u32 raw_ip,
			 struct fm_link *link)
{
	struct ethhdr *eth = data;
	int packed;

	if (fm_likely(!raw_ip && !fm_is_tagged(skb) && (void *)(eth + 1) <= end)) {
		link->ethertype = bpf_ntohs(eth->h_proto);
		link->l3 = sizeof(*eth);
		if (fm_likely(link->ethertype == ETH_P_IP || link->ethertype == ETH_P_IPV6))
			return FM_PARSED;
	}
	packed = fm_parse_link(skb, raw_ip);
	if (packed < 0)
		return -1 - packed;
	link->l3 = packed & ((1 << FM_LINK_L3_BITS) - 1);
	link->ethertype = packed >> FM_LINK_IPV6_BIT & 1 ? ETH_P_IPV6 : ETH_P_IP;
	link->tags = packed >> FM_LINK_TAGS_SHIFT & 0xf;
	link->vlan = packed >> FM_LINK_VLAN_SHIFT & FM_VLAN_ID;
	return FM_PARSED;
}

#endif
