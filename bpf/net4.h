/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* IPv4 address -> class of addresses (those that the same rules name).
 *
 * Level 1 is a direct table of the /16s inside the policy. A /16 that is not of
 * one class refers to a sorted run of 2^n entries {low half of an interval's
 * first address, its class}, searched in n steps without a branch. The run of a
 * real set is a cache line: 100,000 random prefixes leave about six entries a
 * /16. Compared with a second direct level of 256 entries (design.md) it needs a
 * tenth of the memory, has no third level for /25 to /32, and builds in one sweep.
 */
#ifndef FLOWMARK_BPF_NET4_H
#define FLOWMARK_BPF_NET4_H

#include "maps.h"

FM_INLINE struct fm_net4_block *fm_net4_find_block(__u32 slot, __u32 index)
{
	void *inner = bpf_map_lookup_elem(&fm_net4, &slot);

	return inner ? bpf_map_lookup_elem(inner, &index) : 0;
}

/* The last entry of the run that is not above `key`; the first one never is. */
FM_INLINE __u32 fm_net4_search(const struct fm_net4_block *block, __u32 at, __u32 log2, __u32 key)
{
	__u64 pos = at;

	for (int i = 15; i >= 0; i--) {
		__u64 next = pos + (1u << i), entry;

		if ((__u32)i >= log2)
			continue;
		FM_MASK(next, FM_NET4_BLOCK_ENTRIES - 1);
		entry = block->entry[next];
		/* entry <= key: the difference keeps its sign in 64 bits */
		pos += ((entry - key - 1) >> 63) << i;
	}
	FM_MASK(pos, FM_NET4_BLOCK_ENTRIES - 1);
	return block->entry[pos];
}

/* A global function, so that the verifier goes through it once, not once for
 * every way a packet can have been parsed. Global functions take scalars only
 * before 5.12; `slot` is the policy's. */
FM_GLOBAL int fm_net4_class(__u32 slot, __u32 address)
{
	const struct fm_policy *policy = bpf_map_lookup_elem(&fm_policies, &slot);
	const struct fm_net4_block *block;
	__u32 top, offset;

	if (!policy)
		return 0;
	top = policy->net4[address >> 16];
	if (!(top & FM_NET4_RUN))
		return top & 0xffff;
	offset = top & FM_NET4_OFFSET_MASK;
	block = fm_net4_find_block(slot, offset / FM_NET4_BLOCK_ENTRIES);
	if (!block)
		return 0;
	return fm_net4_search(block, offset % FM_NET4_BLOCK_ENTRIES,
			      top >> FM_NET4_LOG2_SHIFT & 0x1f, address << 16 | 0xffff) &
	       0xffff;
}

#endif
