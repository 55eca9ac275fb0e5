/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 3, decide: on a miss, a stale generation or a changed mark. Rare, and so
 * a function of its own. */
#ifndef FLOWMARK_BPF_DECIDE_H
#define FLOWMARK_BPF_DECIDE_H

#include "exact.h"
#include "hosts.h"
#include "names.h"
#include "net4.h"
#include "net6.h"
#include "recall.h"
#include "recent.h"
#include "roles.h"
#include "rules.h"

#define FM_CONDITION(name) (1u << FM_COND_##name)
#define FM_ADDRESS_CONDITIONS (FM_CONDITION(address) | FM_CONDITION(client) | FM_CONDITION(server))
/* What a decision rests on beside the key. */
struct fm_basis {
	__u32 flipped; /* 0 or FM_BASIS_FLIPPED */
	__u8 dscp;     /* the initiator's */
	__u8 shown;    /* by this packet: worth remembering */
};

FM_INLINE __u32 fm_net_class(__u32 slot, __u8 family, const __u64 *address)
{
	return family == 4 ? fm_net4_class(slot, address[1])
			   : fm_net6_class(slot, address[0], address[1]);
}

FM_INLINE void fm_fill_facts(const struct fm_pkt *pkt, const struct fm_place *place,
			     const struct fm_basis *basis, struct fm_facts *facts)
{
	int from_client = fm_from_initiator(place->low, basis->flipped);

	facts->port[FM_CLIENT] = from_client ? pkt->sport : pkt->dport;
	facts->port[FM_SERVER] = from_client ? pkt->dport : pkt->sport;
	facts->vlan = pkt->vlan;
	facts->protocol = pkt->protocol;
	facts->dscp = basis->dscp;
	facts->has_ports = pkt->flags & FM_PKT_PORTS;
	facts->slot = place->slot;
	facts->net[0] = facts->net[1] = 0;
	facts->host = 0;
}

/* The class of names of the flow's name. One that its server has not answered yet is awaited to be
 * (watch.h). */
FM_RARE int fm_find_host(__u32 slot, const struct fm_pkt *pkt, struct fm_place *place,
			 __u32 from_client)
{
	const struct fm_binding *binding;
	const struct fm_name *name;
	struct fm_flow_key key;

	fm_make_key(pkt, place->low, place->iface, &key);
	name = fm_name_find(&key, place->hash);
	if (name && name->length) {
		place->awaits |= place->watched & (fm_name_is_settled(name) ^ 1);
		return fm_host_class(slot, name);
	}
	binding = from_client ? fm_binding_find(pkt->src, pkt->dst)
			      : fm_binding_find(pkt->dst, pkt->src);
	if (!binding)
		return 0;
	place->awaits = place->watched;
	fm_name_by_dns(&key, place->hash, binding, !from_client == !place->low);
	return fm_host_class(slot, &binding->name);
}

FM_ROOMY void fm_fill_nets(__u32 slot, const struct fm_pkt *pkt, const struct fm_place *place,
			   const struct fm_basis *basis, struct fm_facts *facts)
{
	int from_client = fm_from_initiator(place->low, basis->flipped);
	__u32 source = fm_net_class(slot, pkt->family, pkt->src);
	__u32 dest = fm_net_class(slot, pkt->family, pkt->dst);

	facts->net[FM_CLIENT] = from_client ? source : dest;
	facts->net[FM_SERVER] = from_client ? dest : source;
}

/* Who is the initiator, and which mark it set: what the packet shows, else what
 * the exact table remembers, else the presumption. */
FM_INLINE void fm_find_basis(const struct fm_place *place, struct fm_exact *known,
			     struct fm_basis *basis)
{
	enum fm_shown shows = place->shows;

	basis->flipped = 0;
	if (shows == FM_SHOWS_INITIATOR)
		basis->flipped = place->low ? FM_BASIS_FLIPPED : 0;
	else if (shows == FM_SHOWS_RESPONDER)
		basis->flipped = place->low ? 0 : FM_BASIS_FLIPPED;
	else if (known && known->flags & FM_EXACT_FLIPPED)
		basis->flipped = FM_BASIS_FLIPPED;
	basis->shown = shows == FM_SHOWS_INITIATOR || shows == FM_SHOWS_RESPONDER;
	basis->dscp = FM_DSCP_NONE;
	if (fm_from_initiator(place->low, basis->flipped))
		basis->dscp = place->dscp;
	else if (known && known->flags & FM_EXACT_DSCP)
		basis->dscp = known->dscp;
}

/* The state of a new entry: whether the other end's packets would be decided otherwise
 * without help. A SYN with ACK can stand for a SYN whose entry another flow has taken
 * meanwhile, but does not show the initiator's mark. */
FM_INLINE __u64 fm_new_state(const struct fm_view *view, const struct fm_pkt *pkt,
			     const struct fm_place *place, const struct fm_basis *basis)
{
	int flipped = basis->flipped && pkt->protocol == IPPROTO_TCP;

	if (!fm_from_initiator(place->low, basis->flipped))
		return flipped && place->shows == FM_SHOWS_RESPONDER &&
				       !(view->flags & FM_VIEW_USES_DSCP)
			       ? FM_ENTRY_STATE
			       : 0;
	if (view->flags & FM_VIEW_USES_DSCP && basis->dscp != FM_DSCP_NONE)
		return FM_ENTRY_PENDING;
	return flipped ? FM_ENTRY_PENDING : 0;
}

/* The initiator of a flow in the exact table has changed its mark. */
FM_INLINE void fm_refresh_exact(struct fm_exact *known, const struct fm_place *place,
				const struct fm_basis *basis)
{
	if (!fm_from_initiator(place->low, basis->flipped))
		return;
	known->dscp = basis->dscp;
	if (basis->shown)
		known->flags = FM_EXACT_DSCP | (basis->flipped ? FM_EXACT_FLIPPED : 0);
}

FM_INLINE void fm_remember(const struct fm_view *view, const struct fm_place *place,
			   const struct fm_basis *basis, __u64 flags, __u32 class)
{
	volatile __u64 *entry = fm_cache_place(view, place->hash);
	__u64 value = fm_entry_of(place->hash, view->stamp) | flags | class;

	if (view->flags & FM_VIEW_USES_DSCP)
		value ^= (__u64)(basis->flipped | basis->dscp) << FM_BASIS_SHIFT;
	if (entry)
		*entry = value;
}

/* The class of a packet whose flow has no remembered decision, or a reason. */
FM_RARE int fm_decide(const struct fm_pkt *pkt, const struct fm_view *view, struct fm_place *place)
{
	__u32 slot = view->policy & 1;
	const struct fm_policy *policy = bpf_map_lookup_elem(&fm_policies, &slot);
	struct fm_basis basis = {.dscp = FM_DSCP_NONE};
	struct fm_exact *known = 0;
	struct fm_facts facts;
	__u32 rule, class;
	__u64 flags = 0;

	if (!policy)
		return FM_OUTCOME_REASON + FM_REASON_NO_TABLE;
	if (view->flags & FM_VIEW_USES_ROLES) {
		known = fm_exact_find(pkt, place->low, place->iface, place->hash);
		fm_find_basis(place, known, &basis);
		if (known)
			fm_refresh_exact(known, place, &basis);
		else
			flags = fm_new_state(view, pkt, place, &basis);
	}
	fm_fill_facts(pkt, place, &basis, &facts);
	if (policy->conditions & FM_ADDRESS_CONDITIONS)
		fm_fill_nets(slot, pkt, place, &basis, &facts);
	if (view->flags & FM_VIEW_USES_HOSTS)
		facts.host = place->host
				     ? place->host
				     : fm_find_host(slot, pkt, place,
						    fm_from_initiator(place->low, basis.flipped));
	rule = fm_first_rule(slot, fm_pack_ends(&facts), fm_pack_rest(&facts));
	class = rule < FM_MAX_RULES ? policy->rule_class[rule] : policy->default_class;
	class &= FM_ENTRY_CLASS;
	flags |= (__u64)place->awaits * FM_ENTRY_AWAITS; /* no branch, as in fm_find_host() */
	fm_remember(view, place, &basis, flags, class);
	if (fm_recent_allowed())
		fm_recent_note(pkt, place,
			       policy->generation | (__u64)rule << 32 | (__u64) class << 48 |
				       (basis.flipped ? (__u64)FM_EXACT_FLIPPED << 56 : 0),
			       basis.dscp);
	return class;
}

/* What only the initiator showed, for the exact table. */
FM_INLINE void fm_store_shown(const struct fm_pkt *pkt, const struct fm_view *view,
			      const struct fm_place *place, __u32 basis)
{
	struct fm_exact facts = {};

	if (view->flags & FM_VIEW_USES_DSCP) {
		facts.flags = FM_EXACT_DSCP;
		facts.dscp = basis & FM_BASIS_DSCP;
	}
	if (basis & FM_BASIS_FLIPPED)
		facts.flags |= FM_EXACT_FLIPPED;
	fm_exact_store(pkt, place->low, place->iface, place->hash, &facts);
}

/* A pending entry was hit. The responder's answer makes it an answered one; then the
 * initiator's next packet, which a spoofed one never sends, brings what only the
 * initiator showed into the exact table. 1: it did. */
FM_RARE int fm_settle(const struct fm_pkt *pkt, const struct fm_view *view,
		      const struct fm_place *place)
{
	volatile __u64 *entry = fm_cache_find(view, place->hash);
	__u32 basis = FM_BASIS_FLIPPED; /* without marks, the only thing to wait for */
	int from_initiator;
	__u64 value;

	if (!entry || place->shows == FM_SHOWS_RESET ||
	    (place->shows == FM_SHOWS_INITIATOR && pkt->protocol == IPPROTO_TCP))
		return 0;
	value = *entry;
	if (view->flags & FM_VIEW_USES_DSCP)
		basis = (value ^ fm_entry_of(place->hash, view->stamp)) >> FM_BASIS_SHIFT;
	from_initiator = fm_from_initiator(place->low, basis);
	if (!from_initiator) {
		*entry = value | FM_ENTRY_ANSWERED;
		return 0;
	}
	if (!(value & FM_ENTRY_ANSWERED))
		return 0;
	fm_store_shown(pkt, view, place, basis);
	*entry = value & ~FM_ENTRY_STATE;
	return 1;
}

#endif
