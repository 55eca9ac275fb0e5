/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stage 2, recall: the decision that was made for this flow before.
 *
 * One array of 8-byte entries {47-bit tag, generation, flags, class}, shared by all
 * CPUs. An aligned store is atomic, so there is no lock and no torn entry; a lost
 * race is a lost memory, and the packet decides again. A flow has its place and, when
 * that is taken, the one beside it, looked at on a miss only: of 1,000 flows in 65,536
 * places 15 share one, and two that take turns would decide for every packet.
 *
 * Where the policy looks at the initiator's DSCP, the tag's upper eight bits also
 * carry what the decision rested on: {flipped role, initiator's mark}. The
 * initiator's packet must agree with them (another mark is a miss, and decided
 * again); the reply's inherits the class whatever they are.
 */
#ifndef FLOWMARK_BPF_RECALL_H
#define FLOWMARK_BPF_RECALL_H

#include "flow_key.h"

#define FM_BASIS_BITS 8
#define FM_BASIS_SHIFT (64 - FM_BASIS_BITS)
#define FM_BASIS_FLIPPED 0x80u
#define FM_BASIS_DSCP 0x7fu

#define FM_MISS (-1)
#define FM_ORPHAN (-2) /* a fragment of whose flow nothing is known */

/* Everything of an entry but its flags, class and basis. */
FM_INLINE __u64 fm_entry_of(__u64 hash, __u32 stamp)
{
	return hash << FM_ENTRY_TAG_SHIFT | stamp;
}

/* `way` 1 is the place beside, in the same line of the CPU's cache. */
FM_INLINE volatile __u64 *fm_cache_entry(const struct fm_view *view, __u64 hash, __u32 way)
{
	__u32 index = fm_cache_index(view, hash) ^ way;

	return bpf_map_lookup_elem(&fm_cache, &index);
}

/* Whether an entry that differs so from what is looked for is another flow's, or of
 * another generation. */
FM_INLINE int fm_is_other(__u64 difference)
{
	return difference << FM_BASIS_BITS >> (FM_BASIS_BITS + FM_ENTRY_GENERATION_SHIFT) != 0;
}

/* The entry of this flow and generation, or 0. */
FM_INLINE volatile __u64 *fm_cache_find(const struct fm_view *view, __u64 hash)
{
	__u64 wanted = fm_entry_of(hash, view->stamp);
	volatile __u64 *entry = fm_cache_entry(view, hash, 0);

	if (entry && !fm_is_other(*entry ^ wanted))
		return entry;
	entry = fm_cache_entry(view, hash, 1);
	return entry && !fm_is_other(*entry ^ wanted) ? entry : 0;
}

/* Where a decision goes: onto this flow's last one, else where there is none of this
 * generation, else onto another flow's. */
FM_INLINE volatile __u64 *fm_cache_place(const struct fm_view *view, __u64 hash)
{
	__u64 wanted = fm_entry_of(hash, view->stamp);
	volatile __u64 *entry = fm_cache_entry(view, hash, 0);
	volatile __u64 *beside = fm_cache_entry(view, hash, 1);
	__u64 there, next;

	if (!entry || !beside)
		return 0;
	there = *entry ^ wanted;
	if (!fm_is_other(there))
		return entry;
	next = *beside ^ wanted;
	if (!fm_is_other(next) || (!(there & FM_ENTRY_GENERATION) && next & FM_ENTRY_GENERATION))
		return beside;
	return entry;
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

	if (fm_is_other(difference))
		return 0;
	return !fm_from_initiator(low, basis) || (basis & FM_BASIS_DSCP) == dscp;
}

/* The remembered class, with FM_ENTRY_STATE where it has something to settle and
 * FM_ENTRY_AWAITS where a name may come, or FM_MISS. */
FM_INLINE int fm_recall(const struct fm_view *view, const struct fm_place *place)
{
	volatile __u64 *entry = fm_cache_find(view, place->hash);
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
	return difference & (FM_ENTRY_STATE | FM_ENTRY_AWAITS | FM_ENTRY_CLASS);
}

/* Whether an earlier generation has found out that this flow says no name. */
FM_INLINE int fm_cache_gave_up(const struct fm_view *view, __u64 hash)
{
	__u64 wanted = fm_entry_of(hash, 0);

	for (__u32 way = 0; way < 2; way++) {
		volatile __u64 *entry = fm_cache_entry(view, hash, way);
		__u64 value = entry ? *entry : 0;

		if (value &&
		    !((value ^ wanted) << FM_BASIS_BITS >> (FM_BASIS_BITS + FM_ENTRY_TAG_SHIFT)))
			return !(value & FM_ENTRY_AWAITS);
	}
	return 0;
}

#endif
