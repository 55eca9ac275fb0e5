/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a flow is called: by its own hello, else by what its client was told by DNS. A
 * flow that was named by DNS keeps that name when the answer has expired. */
#ifndef FLOWMARK_BPF_NAMES_H
#define FLOWMARK_BPF_NAMES_H

#include "failures.h"
#include "flow_key.h"
#include "name_text.h"

FM_INLINE __u8 *fm_name_mark(__u64 hash)
{
	__u64 at = hash >> 48;

	FM_MASK(at, FM_NAME_FILTER - 1);
	return &fm_name_seen[at];
}

FM_INLINE struct fm_name *fm_name_find(const struct fm_flow_key *key, __u64 hash)
{
	return *fm_name_mark(hash) ? bpf_map_lookup_elem(&fm_names, key) : 0;
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

/* Keeps `name` for the flow, as of now. */
FM_INLINE void fm_name_keep(const struct fm_flow_key *key, __u64 hash, const struct fm_name *name)
{
	struct fm_name *kept;

	if (bpf_map_update_elem(&fm_names, key, name, BPF_ANY)) {
		fm_count_failure(FM_TABLE_NAMES);
		return;
	}
	*fm_name_mark(hash) = 1;
	kept = bpf_map_lookup_elem(&fm_names, key);
	if (kept) /* a binding's name is older than this flow */
		kept->learned_ms = fm_now() / FM_NS_PER_MS;
}

/* Puts this CPU's draft in the flow's name, with the evidence that it is (design.md,
 * section 6): a public name that this client was given for this address stands for the
 * record's owner; one that is only known as such is shown as what it is. */
FM_INLINE void fm_name_learn(const struct fm_pkt *pkt, const struct fm_flow_key *key, __u64 hash,
			     struct fm_name *draft)
{
	const struct fm_binding *binding = fm_binding_find(pkt->src, pkt->dst);
	__u32 event = FM_NAME_EVENT_SNI;

	draft->evidence = draft->length ? FM_EVIDENCE_SNI : FM_EVIDENCE_NONE;
	if (!draft->length) {
		fm_name_keep(key, hash, draft);
		return;
	}
	if (binding && binding->public_name == draft->whole) {
		fm_name_keep(key, hash, &binding->name);
		fm_count_name_event(FM_NAME_EVENT_DNS);
		return;
	}
	if (bpf_map_lookup_elem(&fm_public_names, &draft->whole)) {
		draft->evidence = FM_EVIDENCE_OUTER_SNI;
		event = FM_NAME_EVENT_OUTER_SNI;
	}
	fm_name_keep(key, hash, draft);
	fm_count_name_event(event);
}

#endif
