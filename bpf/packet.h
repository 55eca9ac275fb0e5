/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What one packet says of itself, in host byte order. Facts only: no pointer
 * into the packet survives a stage, for the verifier forgets them at calls. */
#ifndef FLOWMARK_BPF_PACKET_H
#define FLOWMARK_BPF_PACKET_H

#include "prelude.h"

FM_INLINE void *fm_data(const struct __sk_buff *skb)
{
	return (void *)(long)skb->data;
}

FM_INLINE void *fm_data_end(const struct __sk_buff *skb)
{
	return (void *)(long)skb->data_end;
}

/* Whether the stack holds a tag beside the frame. Kernels before 6.2 leave the protocol of
 * one that has gone; where there is none, this is a single load. */
FM_INLINE int fm_is_tagged(struct __sk_buff *skb)
{
	return skb->vlan_proto && skb->vlan_present;
}

/* What a packet alone shows of its source. */
enum fm_shown { FM_SHOWS_NOTHING, FM_SHOWS_INITIATOR, FM_SHOWS_RESPONDER, FM_SHOWS_RESET };

/* Where the packet is, and what recall works out of it. */
struct fm_place {
	__u64 hash;
	__u64 low;   /* all ones if the source is the key's low end, else 0 */
	__u16 iface; /* as in struct fm_flow_key */
	__u8 slot;
	__u8 direction;
	__u8 dscp;    /* the mark that it arrived with, FM_DSCP_NONE if not to be trusted */
	__u8 shows;   /* enum fm_shown */
	__u8 awaits;  /* 1: a name may still come, or an answer behind one */
	__u8 drafted; /* 1: the name has just come and is this CPU's draft */
	__u16 host;   /* class of that one; 0: look for the flow's */
	__u8 watched; /* 1: the flow's packets are looked at for as long as `awaits` is 1 */
};

struct fm_pkt {
	__u64 src[2]; /* IPv4: [0] is 0, the address in [1] */
	__u64 dst[2];
	__u32 l3; /* offset of the IP header from the frame's first byte */
	__u32 l4; /* offset of what follows it and its extensions */
	__u32 frag_id;
	__u16 sport; /* 0 without FM_PKT_PORTS */
	__u16 dport;
	__u16 vlan;  /* outer VLAN id; 0: untagged, or priority-tagged */
	__u8 family; /* 4 or 6 */
	__u8 protocol;
	__u8 dscp; /* as the header has it now */
	__u8 flags;
	__u8 tags;	    /* VLAN tags, inside the frame or taken out by the NIC */
	__u8 frag_protocol; /* key of the fragment table */
};

#define FM_VLAN_ID 0x0fffu /* of a tag control word */

#define FM_PKT_PORTS 1u
#define FM_PKT_FIRST_FRAG 2u
#define FM_PKT_LATER_FRAG 4u

/* Parsing ends with FM_PARSED or with a reason. */
#define FM_PARSED (-1)

#endif
