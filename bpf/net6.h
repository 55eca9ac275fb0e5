/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* IPv6 address -> class of addresses.
 *
 * The prefixes, flattened to intervals, are the keys of a static B-tree stored
 * level by level (node i's children are 11 i + 1 ... 11 i + 11): ten keys and
 * their values in two cache lines, five or six nodes deep at 100,000 prefixes
 * where a trie walks 30 nodes. The tree is over the upper 64 bits; an upper half
 * that longer prefixes split refers to a tree of its own over the lower 64.
 */
#ifndef FLOWMARK_BPF_NET6_H
#define FLOWMARK_BPF_NET6_H

#include "maps.h"

FM_INLINE const struct fm_net6_node *fm_net6_find_node(void *inner, __u32 index)
{
	__u32 number = index / FM_NET6_BLOCK_NODES;
	__u64 at = index % FM_NET6_BLOCK_NODES;
	struct fm_net6_block *block = bpf_map_lookup_elem(inner, &number);

	if (!block)
		return 0;
	FM_MASK(at, FM_NET6_BLOCK_NODES - 1);
	return &block->node[at];
}

/* How many of the node's keys are not above `key`. The borrow of key - k, spelt
 * out: a compare would be a branch, and a mispredicted one. */
FM_INLINE __u32 fm_net6_rank(const struct fm_net6_node *node, __u64 key)
{
	__u32 rank = FM_NET6_KEYS;

#pragma unroll
	for (int i = 0; i < FM_NET6_KEYS; i++) {
		__u64 k = node->key[i];

		rank -= ((~key & k) | ((~key | k) & (key - k))) >> 63;
	}
	return rank;
}

FM_INLINE __u32 fm_net6_search(void *inner, __u32 root, __u32 nodes, __u64 key)
{
	__u32 at = 0, value = 0;

	FM_HIDE(value); /* or the verifier tells apart every way it may have been set */
	for (int depth = 0; depth < FM_NET6_MAX_DEPTH && at < nodes; depth++) {
		const struct fm_net6_node *node = fm_net6_find_node(inner, root + at);
		__u64 rank, last;

		if (!node)
			return 0;
		rank = fm_net6_rank(node, key);
		last = rank - 1; /* 15 if none is */
		FM_MASK(last, 15);
		if (last < FM_NET6_KEYS)
			value = node->value[last];
		at = at * (FM_NET6_KEYS + 1) + rank + 1;
	}
	return value;
}

/* Global for the verifier's sake, as in net4.h. */
FM_GLOBAL int fm_net6_class(__u32 slot, __u64 high, __u64 low)
{
	const struct fm_policy *policy = bpf_map_lookup_elem(&fm_policies, &slot);
	const struct fm_net6_node *node;
	__u32 value, root;
	void *inner;

	if (!policy || !policy->net6_nodes)
		return 0;
	inner = bpf_map_lookup_elem(&fm_net6, &slot);
	if (!inner)
		return 0;
	value = fm_net6_search(inner, 0, policy->net6_nodes, high);
	if (!(value & FM_NET6_TREE))
		return value;
	root = value & ~FM_NET6_TREE;
	node = fm_net6_find_node(inner, root);
	return node ? fm_net6_search(inner, root, node->nodes, low) : 0;
}

#endif
