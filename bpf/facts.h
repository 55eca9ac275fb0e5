/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the conditions of a rule look at: the packet with its ends told apart. */
#ifndef FLOWMARK_BPF_FACTS_H
#define FLOWMARK_BPF_FACTS_H

#include "prelude.h"

/* Indexes of what both ends have. */
#define FM_SERVER 0
#define FM_CLIENT 1

struct fm_facts {
	__u16 port[2];
	__u16 vlan;
	__u8 protocol;
	__u8 dscp;    /* the initiator's mark, or FM_DSCP_NONE */
	__u16 net[2]; /* classes of addresses */
	__u16 host;   /* class of names; 0: none, or one that no rule lists */
	__u8 has_ports;
	__u8 slot; /* interface */
};

/* As two scalars, for a global function takes no pointers on 5.10. */
FM_INLINE __u64 fm_pack_ends(const struct fm_facts *facts)
{
	return (__u64)facts->port[0] << 48 | (__u64)facts->port[1] << 32 |
	       (__u64)facts->net[0] << 16 | facts->net[1];
}

FM_INLINE __u64 fm_pack_rest(const struct fm_facts *facts)
{
	return (__u64)facts->host << 48 | (__u64)facts->vlan << 32 | (__u64)facts->protocol << 24 |
	       (__u64)facts->dscp << 16 | (__u64) !!facts->has_ports << 8 | facts->slot;
}

FM_INLINE void fm_unpack_facts(__u64 ends, __u64 rest, struct fm_facts *facts)
{
	facts->port[0] = ends >> 48;
	facts->port[1] = ends >> 32;
	facts->net[0] = ends >> 16;
	facts->net[1] = ends;
	facts->host = rest >> 48;
	facts->vlan = rest >> 32;
	facts->protocol = rest >> 24;
	facts->dscp = rest >> 16;
	facts->has_ports = rest >> 8;
	facts->slot = rest;
}

#endif
