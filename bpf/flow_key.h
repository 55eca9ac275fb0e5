/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* One key for both directions of a flow, and its hash under this load's secrets.
 *
 * The key orders the ends: `low` has the lower port, on equal ports the lower
 * address. It is the presumed responder (design.md section 1); whether the
 * presumption holds is a fact kept elsewhere, so the key never moves.
 *
 * The hash needs no order: it is the product of one odd number per end, each a
 * sum of 32-bit words times secret odd 64-bit numbers (multilinear hashing, Carter
 * & Wegman). With one end the same, two flows collide only if the other ends' sums
 * do: by a chance of about 2^-47 in IPv4 and 2^-32 in IPv6 over the secrets, whatever
 * addresses and ports an attacker chooses. Multiply-xor mixes of 64-bit words do not
 * give that: there, two flipped top bits cancel under every seed.
 */
#ifndef FLOWMARK_BPF_FLOW_KEY_H
#define FLOWMARK_BPF_FLOW_KEY_H

#include "maps.h"
#include "packet.h"

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

FM_INLINE __u64 fm_hash_address(const __u64 *addr, __u8 family)
{
	__u64 sum = (__u32)addr[1] * fm_seed[0];

	if (family == 6) {
		sum += (addr[1] >> 32) * fm_seed[1];
		sum += (__u32)addr[0] * fm_seed[2];
		sum += (addr[0] >> 32) * fm_seed[3];
	}
	return sum;
}

FM_INLINE __u64 fm_hash(const struct fm_pkt *pkt, __u32 iface)
{
	__u64 source = fm_hash_address(pkt->src, pkt->family) + pkt->sport * fm_seed[4];
	__u64 dest = fm_hash_address(pkt->dst, pkt->family) + pkt->dport * fm_seed[4];
	__u64 rest = pkt->protocol | (__u32)pkt->vlan << 8 | iface << 20;

	return (source | 1) * (dest | 1) + rest * fm_seed[5];
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
