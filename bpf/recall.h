/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 2, recall: the decision that was made for this flow before.
 *
 * One direct-mapped array of 8-byte entries {48-bit tag, generation, flags,
 * class}, shared by all CPUs. An aligned store is atomic, so there is no lock and
 * no torn entry; a lost race is a lost memory, and the packet decides again.
 *
 * Where the policy looks at the initiator's DSCP, the tag's upper eight bits also
 * carry what the decision rested on: {flipped role, initiator's mark}. The
 * initiator's packet must agree with them (another mark is a miss, and decided
 * again); the reply's inherits the class whatever they are.
 */
#ifndef FLOWMARK_BPF_RECALL_H
#define FLOWMARK_BPF_RECALL_H

#include "flow_key.h"

#define FM_BASIS_SHIFT 56
#define FM_BASIS_FLIPPED 0x80u
#define FM_BASIS_DSCP 0x7fu

#define FM_MISS (-1)

FM_INLINE volatile __u64 *fm_cache_entry(const struct fm_view *view, __u64 hash)
{
	__u32 index = fm_cache_index(view, hash);

	return bpf_map_lookup_elem(&fm_cache, &index);
}

/* Everything of an entry but its flags, class and basis. */
FM_INLINE __u64 fm_entry_of(__u64 hash, __u32 stamp)
{
	return hash << FM_ENTRY_TAG_SHIFT | stamp;
}

/* The initiator is the high end unless the basis says that roles are flipped. */
FM_INLINE int fm_from_initiator(__u64 low, __u32 basis)
{
	return !low == !(basis & FM_BASIS_FLIPPED);
}

/* A policy that looks at marks: does the basis still hold for this packet? */
FM_INLINE int fm_basis_holds(__u64 difference, __u64 low, __u8 dscp)
{
	__u32 basis = difference >> FM_BASIS_SHIFT;

	if (difference << 8 >> (8 + FM_ENTRY_GENERATION_SHIFT))
		return 0;
	return !fm_from_initiator(low, basis) || (basis & FM_BASIS_DSCP) == dscp;
}

/* The remembered class, with FM_ENTRY_PENDING if it has something to settle, or
 * FM_MISS. */
FM_INLINE int fm_recall(const struct fm_view *view, const struct fm_place *place)
{
	volatile __u64 *entry = fm_cache_entry(view, place->hash);
	__u64 difference;

	if (!entry)
		return FM_MISS;
	difference = *entry ^ fm_entry_of(place->hash, view->stamp);
	if (fm_unlikely(view->flags & FM_VIEW_USES_DSCP)) {
		if (!fm_basis_holds(difference, place->low, place->dscp))
			return FM_MISS;
	} else if (fm_unlikely(difference >> FM_ENTRY_GENERATION_SHIFT)) {
		return FM_MISS;
	}
	return difference & (FM_ENTRY_PENDING | FM_ENTRY_CLASS);
}

#endif
