/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Host name -> class of names (those that the same rules name).
 *
 * Buckets of eight entries, one line of the CPU's cache each, in the blocks of
 * fm_hosts; include/flowmark/names.h says what an entry is. No entry is ever taken
 * out of a table, so a bucket that has room ends the search: a name that no rule lists
 * costs one line. */
#ifndef FLOWMARK_BPF_HOSTS_H
#define FLOWMARK_BPF_HOSTS_H

#include "maps.h"

#define FM_HOST_BLOCK_BUCKETS (FM_HOST_BLOCK_ENTRIES / FM_HOST_BUCKET)

/* The entry of that tag in the bucket that begins at `at`; 0: none, and the bucket has
 * room; FM_HOST_CLASS: none, go on. */
FM_INLINE __u64 fm_host_match(const struct fm_host_block *block, __u64 at, __u64 tag)
{
	__u64 entry = 0;

	for (__u32 i = 0; i < FM_HOST_BUCKET; i++) {
		entry = block->entry[at + i];
		if (entry >> 16 == tag)
			return entry;
	}
	return entry ? FM_HOST_CLASS : 0;
}

/* The class of the entry with that hash, or 0. Global for the verifier's sake, as in
 * net4.h: it is called for the name and for each of its suffixes. */
FM_GLOBAL int fm_host_probe(__u32 slot, __u64 hash)
{
	const struct fm_policy *policy = bpf_map_lookup_elem(&fm_policies, &slot);
	void *inner = bpf_map_lookup_elem(&fm_hosts, &slot);
	__u64 mask, tag = hash >> 16;

	if (!policy || !inner)
		return 0;
	mask = (1ull << (policy->host_log2 & 31)) - 1;
	for (__u32 i = 0; i < FM_HOST_PROBES; i++) {
		__u64 bucket = (hash + i) & mask, at = bucket * FM_HOST_BUCKET, entry;
		__u32 index = bucket / FM_HOST_BLOCK_BUCKETS;
		const struct fm_host_block *block = bpf_map_lookup_elem(inner, &index);

		if (!block)
			return 0;
		FM_MASK(at, FM_HOST_BLOCK_ENTRIES - FM_HOST_BUCKET);
		entry = fm_host_match(block, at, tag);
		if (entry != FM_HOST_CLASS)
			return entry & FM_HOST_CLASS;
	}
	return 0;
}

/* The exact name first, then what is below a suffix, the longest one first: an entry's
 * class holds the rules of all shorter suffixes too. */
FM_INLINE __u32 fm_host_class(__u32 slot, const struct fm_name *name)
{
	__u32 class = fm_host_probe(slot, name->whole);

	for (__u32 i = FM_NAME_SUFFIXES; i > 0 && !class; i--)
		if (i <= name->suffixes)
			class = fm_host_probe(slot, name->suffix[i - 1] ^ FM_NAME_BELOW);
	return class;
}

#endif
