/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Later fragments have no ports. The first one's are remembered under what all
 * fragments of a datagram share (RFC 791, RFC 8200: source, destination, id and
 * protocol, so both directions are apart); with them a later fragment is recalled
 * and decided like any packet of its flow. */
#ifndef FLOWMARK_BPF_FRAGMENT_H
#define FLOWMARK_BPF_FRAGMENT_H

#include "failures.h"
#include "maps.h"
#include "packet.h"

FM_INLINE void fm_frag_key(const struct fm_pkt *pkt, struct fm_frag_key *key)
{
	key->src[0] = pkt->src[0];
	key->src[1] = pkt->src[1];
	key->dst[0] = pkt->dst[0];
	key->dst[1] = pkt->dst[1];
	key->id = pkt->frag_id;
	key->vlan = pkt->vlan;
	key->protocol = pkt->frag_protocol;
	key->family = pkt->family;
}

FM_RARE int fm_frag_remember(const struct fm_pkt *pkt)
{
	struct fm_frag frag = {
		.sport = pkt->sport,
		.dport = pkt->dport,
		.protocol = pkt->protocol,
		.has_ports = pkt->flags & FM_PKT_PORTS,
	};
	struct fm_frag_key key;

	fm_frag_key(pkt, &key);
	if (bpf_map_update_elem(&fm_frags, &key, &frag, BPF_ANY))
		fm_count_failure(FM_TABLE_FRAGMENTS);
	return 0;
}

FM_RARE int fm_frag_recall(struct fm_pkt *pkt)
{
	struct fm_frag_key key;
	struct fm_frag *frag;

	fm_frag_key(pkt, &key);
	frag = bpf_map_lookup_elem(&fm_frags, &key);
	if (!frag)
		return FM_REASON_FRAGMENT;
	pkt->sport = frag->sport;
	pkt->dport = frag->dport;
	pkt->protocol = frag->protocol;
	if (frag->has_ports)
		pkt->flags |= FM_PKT_PORTS;
	return FM_PARSED;
}

#endif
