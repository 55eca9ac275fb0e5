/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a flow is called: by its own hello, else by what its client was told by DNS. A
 * flow that was named by DNS keeps that name when the answer has expired. */
#ifndef FLOWMARK_BPF_NAMES_H
#define FLOWMARK_BPF_NAMES_H

#include "failures.h"
#include "flow_key.h"
#include "name_text.h"

#define FM_NAMED_WINDOW_SHIFT 30 /* of ns: about a second */
#define FM_NAME_FRESH_MS 2000u

FM_INLINE __u8 *fm_name_mark(__u64 hash)
{
	__u64 at = hash >> 48;

	FM_MASK(at, FM_NAME_FILTER - 1);
	return &fm_name_seen[at];
}

FM_INLINE struct fm_name *fm_name_find(const struct fm_flow_key *key, __u64 hash)
{
	struct fm_name *name;

	if (!*fm_name_mark(hash))
		return 0;
	name = bpf_map_lookup_elem(&fm_names, key);
	return name ? name : bpf_map_lookup_elem(&fm_new_names, key);
}

/* What DNS told `client` that `server` is. */
FM_INLINE const struct fm_binding *fm_binding_find(const __u64 *client, const __u64 *server)
{
	struct fm_binding_key key = {
		.client = {client[0], client[1]},
		.server = {server[0], server[1]},
	};
	const struct fm_binding *binding;

	if (!fm_has_bindings)
		return 0;
	binding = bpf_map_lookup_elem(&fm_bindings, &key);
	return binding && fm_now() < binding->expires_ns ? binding : 0;
}

enum fm_named_by { FM_NAMED_BY_HELLO, FM_NAMED_BY_DNS };

/* Whether one more new name may be kept. Spoofed hellos, or one client that floods an address
 * whose name it was told, would else push new names out of their table before their servers can
 * answer. In a replay there is no flood. */
FM_RARE int fm_name_allowed(__u32 by)
{
	__u64 window = fm_now() >> FM_NAMED_WINDOW_SHIFT;

	if (fm_replay || by > FM_NAMED_BY_DNS)
		return 1;
	if (fm_named_window[by] != window) {
		fm_named_window[by] = window;
		fm_named_count[by] = 0;
	}
	if (fm_named_count[by]++ < FM_NAMED_PER_SECOND)
		return 1;
	fm_count_name_event(FM_NAME_EVENT_NOT_KEPT);
	return 0;
}

FM_INLINE int fm_name_is_fresh(const struct fm_name *name)
{
	return (__u32)(fm_now() / FM_NS_PER_MS) - name->learned_ms < FM_NAME_FRESH_MS;
}

/* Keeps this CPU's draft as the flow's name, as of now: in the place of the one it has, or as a
 * new one. */
FM_INLINE int fm_name_keep(const struct fm_flow_key *key, __u64 hash, struct fm_name *draft)
{
	draft->learned_ms = fm_now() / FM_NS_PER_MS;
	if (bpf_map_update_elem(&fm_names, key, draft, BPF_EXIST) &&
	    bpf_map_update_elem(&fm_new_names, key, draft, BPF_ANY)) {
		fm_count_failure(FM_TABLE_NEW_NAMES);
		return 0;
	}
	*fm_name_mark(hash) = 1;
	return 1;
}

FM_INLINE __u8 fm_name_end(int is_low)
{
	return is_low ? FM_NAME_FROM_LOW : FM_NAME_FROM_HIGH;
}

/* Whether the packet is its server's: anybody can send a hello, from any address. */
FM_INLINE int fm_name_is_answered(const struct fm_name *name, __u64 low)
{
	return (name->from & FM_NAME_FROM) != fm_name_end(!!low);
}

/* 0 or 1; without a branch, for which old verifiers go through a decision twice. */
FM_INLINE __u8 fm_name_is_settled(const struct fm_name *name)
{
	__u32 settled = name->from / FM_NAME_SETTLED & 1;

	FM_HIDE(settled);
	return settled;
}

/* The server has answered. The entry among the new ones stays until others take its place: who
 * has just not found it here finds it there. `name` may be another flow's afterwards. */
FM_INLINE void fm_name_settle(const struct fm_flow_key *key, const struct fm_name *name)
{
	struct fm_name *draft = fm_name_draft();

	if (name->from & FM_NAME_SETTLED || !draft)
		return;
	*draft = *name;
	draft->from |= FM_NAME_SETTLED;
	if (bpf_map_update_elem(&fm_names, key, draft, BPF_ANY))
		fm_count_failure(FM_TABLE_NAMES);
}

/* What DNS says the flow is called, from now on even when the answer has expired. */
FM_INLINE void fm_name_by_dns(const struct fm_flow_key *key, __u64 hash,
			      const struct fm_binding *binding, int client_is_low)
{
	struct fm_name *draft = fm_name_draft();

	if (!draft || !fm_name_allowed(FM_NAMED_BY_DNS))
		return;
	*draft = binding->name;
	draft->from = fm_name_end(client_is_low);
	fm_name_keep(key, hash, draft);
	fm_count_name_event(FM_NAME_EVENT_DNS);
}

/* Makes this CPU's draft the flow's name, with the evidence that it is (design.md, section 6):
 * a public name that this client was given for this address stands for the record's owner;
 * one that is only known as such is shown as what it is. 1: it is kept. */
FM_INLINE int fm_name_learn(const struct fm_pkt *pkt, const struct fm_flow_key *key, __u64 hash,
			    struct fm_name *draft)
{
	const struct fm_binding *binding = fm_binding_find(pkt->src, pkt->dst);
	__u32 event = FM_NAME_EVENT_SNI;
	__u8 from = draft->from;

	draft->evidence = draft->length ? FM_EVIDENCE_SNI : FM_EVIDENCE_NONE;
	if (draft->length) {
		if (binding && binding->public_name == draft->whole) {
			*draft = binding->name;
			draft->from = from;
			event = FM_NAME_EVENT_DNS;
		} else if (bpf_map_lookup_elem(&fm_public_names, &draft->whole)) {
			draft->evidence = FM_EVIDENCE_OUTER_SNI;
			event = FM_NAME_EVENT_OUTER_SNI;
		}
		fm_count_name_event(event);
	}
	/* beyond the bound only in the place of a name that it has */
	if (!fm_name_find(key, hash) && !fm_name_allowed(FM_NAMED_BY_HELLO))
		return 0;
	return fm_name_keep(key, hash, draft);
}

#endif
