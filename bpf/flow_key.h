/* SPDX-License-Identifier: (GPL-2.0 OR BSD-2-Clause) */
/* One key for both directions of a flow, and its hash under this load's secrets.
 *
 * The ends are ordered, not told apart: `low` has the lower port, on equal ports
 * the lower address. It is the presumed responder (design.md section 1); whether
 * the presumption holds is a fact kept elsewhere, so the key never moves.
 *
 * The hash is NH (Black et al., UMAC, CRYPTO 1999): products of 32-bit words,
 * each offset by a secret, summed. For any two keys the chance of a collision is
 * at most 2^-32 whatever an attacker chooses, which xor-multiply mixes of 64-bit
 * words do not give: there, two flipped top bits cancel under every seed. Then
 * one secret multiply-xorshift spreads the sum over index and tag.
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

/* The words that are neither address: ports, and protocol, VLAN, interface. */
FM_INLINE __u64 fm_hash_ends(const struct fm_pkt *pkt, __u64 low, __u32 iface)
{
	__u32 there = (__u32)pkt->sport << 16 | pkt->dport;
	__u32 back = (__u32)pkt->dport << 16 | pkt->sport;
	__u32 ports = fm_pick(low, there, back);
	__u32 rest = pkt->protocol | (__u32)pkt->vlan << 8 | iface << 20;

	return (__u64)(__u32)(ports + fm_seed[0]) * (__u32)(rest + fm_seed[1]);
}

FM_INLINE __u64 fm_hash_pair(__u64 a, __u64 b, int seed)
{
	return (__u64)(__u32)((__u32)a + fm_seed[seed]) * (__u32)((__u32)b + fm_seed[seed + 1]);
}

FM_INLINE __u64 fm_hash_finish(__u64 sum)
{
	sum ^= sum >> 32;
	return sum * fm_multiplier;
}

FM_INLINE __u64 fm_hash(const struct fm_pkt *pkt, __u64 low, __u32 iface)
{
	__u64 sum = fm_hash_ends(pkt, low, iface);
	__u64 near1 = fm_pick(low, pkt->src[1], pkt->dst[1]);
	__u64 far1 = near1 ^ pkt->src[1] ^ pkt->dst[1];

	sum += fm_hash_pair(near1, far1, 2);
	if (pkt->family == 6) {
		__u64 near0 = fm_pick(low, pkt->src[0], pkt->dst[0]);
		__u64 far0 = near0 ^ pkt->src[0] ^ pkt->dst[0];

		sum += fm_hash_pair(near1 >> 32, far1 >> 32, 4);
		sum += fm_hash_pair(near0, far0, 6);
		sum += fm_hash_pair(near0 >> 32, far0 >> 32, 8);
	}
	return fm_hash_finish(sum);
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
