/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* One key for both directions of a flow, and its hash under this load's secrets.
 *
 * The key orders the ends: `low` has the lower port, on equal ports the lower
 * address. It is the presumed responder (design.md section 1); whether the
 * presumption holds is a fact kept elsewhere, so the key never moves.
 *
 * The hash needs no order: it is the product of one odd number per end, each a
 * sum of words times secret odd 64-bit numbers (multilinear hashing, Carter &
 * Wegman). Words are taken as they lie in the packet: to hash they need no byte order, and
 * the fast way saves the swaps. Two flows that share an end collide by a chance of
 * 2^-32 at most over the secrets (words that differ in their uppermost bit alone;
 * less is usual; reasoned, not measured), whatever an attacker chooses. Multiply-xor
 * mixes of 64-bit words do not give that: there, two flipped top bits cancel under
 * every seed.
 */
#ifndef FLOWMARK_BPF_FLOW_KEY_H
#define FLOWMARK_BPF_FLOW_KEY_H

#include "maps.h"
#include "packet.h"

/* What both ends have in common, above the 16 bits of a port and below the
 * interface (FM_KEY_IFACE_SHIFT). */
#define FM_KEY_PROTOCOL_SHIFT 16
#define FM_KEY_VLAN_SHIFT 24

#define FM_SEED_PORT (FM_SEEDS - 1)

/* Whether the source is the low end: all ones or 0. Arithmetic, for a branch on
 * it would be mispredicted on every other packet of a busy link. */
FM_INLINE __u64 fm_source_is_low(const struct fm_pkt *pkt)
{
	__u64 source = (__u64)pkt->sport << 32, dest = (__u64)pkt->dport << 32;
	__u64 difference;

	if (pkt->family == 4) {
		source |= (__u32)pkt->src[1];
		dest |= (__u32)pkt->dst[1];
	} else if (fm_unlikely(source == dest)) {
		if (pkt->src[0] == pkt->dst[0])
			return pkt->src[1] < pkt->dst[1] ? ~0ull : 0;
		return pkt->src[0] < pkt->dst[0] ? ~0ull : 0;
	}
	difference = source - dest;
	FM_HIDE(difference);
	return (__u64)((__s64)difference >> 63);
}

FM_INLINE __u64 fm_pick(__u64 mask, __u64 if_ones, __u64 if_zero)
{
	return if_zero ^ ((if_ones ^ if_zero) & mask);
}

FM_INLINE __u64 fm_hash_ip4(const struct fm_view *view, __be32 address)
{
	return address * view->seed[0];
}

FM_INLINE __u64 fm_hash_ip6(const struct fm_view *view, __be32 first, __be32 second, __be32 third,
			    __be32 fourth)
{
	return first * view->seed[0] + second * view->seed[1] + third * view->seed[2] +
	       fourth * view->seed[3];
}

/* `source` and `dest`: their addresses' sums; `rest`: what they have in common. */
FM_INLINE __u64 fm_hash_ends(const struct fm_view *view, __u64 source, __be16 sport, __u64 dest,
			     __be16 dport, __u64 rest)
{
	__u64 seed = view->seed[FM_SEED_PORT];

	source += (sport | rest) * seed;
	dest += (dport | rest) * seed;
	return (source | 1) * (dest | 1);
}

FM_INLINE __u64 fm_hash_address(const struct fm_view *view, const __u64 *addr, __u8 family)
{
	if (family == 4)
		return fm_hash_ip4(view, bpf_htonl(addr[1]));
	return fm_hash_ip6(view, bpf_htonl(addr[0] >> 32), bpf_htonl(addr[0]),
			   bpf_htonl(addr[1] >> 32), bpf_htonl(addr[1]));
}

FM_INLINE __u64 fm_hash(const struct fm_view *view, const struct fm_pkt *pkt)
{
	__u64 rest = view->iface | (__u64)pkt->vlan << FM_KEY_VLAN_SHIFT |
		     (__u64)pkt->protocol << FM_KEY_PROTOCOL_SHIFT;

	return fm_hash_ends(view, fm_hash_address(view, pkt->src, pkt->family),
			    bpf_htons(pkt->sport), fm_hash_address(view, pkt->dst, pkt->family),
			    bpf_htons(pkt->dport), rest);
}

/* Where in fm_cache. Upper bits of a product are its best, but flows that count up
 * (ports of one client, addresses of one network) walk through them in equal steps,
 * and under one seed in fifty such a walk returns to the same few places. A second
 * product, with itself folded, is no straight line any more. The tag is the hash's
 * lower 47 bits. */
FM_INLINE __u32 fm_cache_index(const struct fm_view *view, __u64 hash)
{
	return hash * (hash ^ hash >> 32) >> view->cache_shift;
}

/* The full key, for the exact tables. */
FM_INLINE void fm_make_key(const struct fm_pkt *pkt, __u64 low, __u32 iface,
			   struct fm_flow_key *key)
{
	key->low_addr[0] = fm_pick(low, pkt->src[0], pkt->dst[0]);
	key->low_addr[1] = fm_pick(low, pkt->src[1], pkt->dst[1]);
	key->high_addr[0] = fm_pick(low, pkt->dst[0], pkt->src[0]);
	key->high_addr[1] = fm_pick(low, pkt->dst[1], pkt->src[1]);
	key->low_port = fm_pick(low, pkt->sport, pkt->dport);
	key->high_port = fm_pick(low, pkt->dport, pkt->sport);
	key->vlan = pkt->vlan;
	key->protocol = pkt->protocol;
	key->family = pkt->family;
	key->iface = iface;
	key->pad = 0;
}

#endif
