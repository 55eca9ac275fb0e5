/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The way of almost every packet, from its bytes to its mark: an Ethernet frame
 * without a tag inside it, IPv4 without options or IPv6 without extensions, whole,
 * with ports, of a flow whose class is remembered. Per family and straight on, so
 * that everything stays in registers: no call is made, no fact is stored, no bound
 * checked twice and no byte order changed. On any doubt others start over from
 * the first byte.
 */
#ifndef FLOWMARK_BPF_PARSE_FAST_H
#define FLOWMARK_BPF_PARSE_FAST_H

#include <linux/ip.h>
#include <linux/ipv6.h>

#include "act.h"
#include "mark.h"
#include "parse_l4.h"
#include "recall.h"
#include "roles.h"

#define FM_FAST_IP4 0x45	/* version 4, no options */
#define FM_FAST_FRAGMENT 0x3fff /* "more" and the offset; "don't" may be set */
#define FM_FAST_LEAST_IP4 24	/* an IP length that holds the ports; 0 is BIG TCP */
#define FM_FAST_LEAST_IP6 4

#define FM_FAST_L3 sizeof(struct ethhdr)
#define FM_FAST_L4_IP4 (FM_FAST_L3 + sizeof(struct iphdr))
#define FM_FAST_L4_IP6 (FM_FAST_L3 + sizeof(struct ipv6hdr))
#define FM_FAST_LENGTH_IP4 (FM_FAST_L4_IP4 + sizeof(struct fm_ports))
#define FM_FAST_LENGTH_IP6 (FM_FAST_L4_IP6 + sizeof(struct fm_ports))

/* A field of the header, at an even address: packed headers are read by bytes. */
#define FM_FIELD(type, base, offset) (*(const type *)((const __u8 *)(base) + (offset)))

/* Not of the shape; no plain hit in the flow's place (parse_miss.h). */
enum fm_fast_way { FM_FAST_NO, FM_FAST_DONE, FM_FAST_MISS, FM_FAST_DROP };

/* What is left to do with a packet whose mark is right now: to count it. */
struct fm_fast {
	const struct fm_act *act;
	__u32 marked; /* 1: the mark was changed */
	__u32 length; /* set by the caller: for XDP the frame's, for tc 0 */
};

/* How the entry in the flow's place differs from what is looked for: a class, if it is
 * this flow's. */
FM_INLINE __u64 fm_fast_recall(const struct fm_view *view, __u64 hash, __u32 way)
{
	volatile __u64 *entry = fm_cache_entry(view, hash, way);

	return entry ? *entry ^ fm_entry_of(hash, view->fast_stamp) : ~0ull;
}

/* Whose frame it is: one of the two is 0. */
struct fm_hook {
	struct __sk_buff *skb;
	struct xdp_md *xdp;
};

/* A SYN that follows on a remembered connection begins another one (watch.h). Reads the
 * frame's place anew, so that nothing is kept for this on the fast way. */
FM_INLINE int fm_is_syn(struct fm_hook hook, __u32 at_protocol, __u32 at_l4)
{
	const __u8 *data, *end;

	if (hook.skb) {
		FM_HIDE(hook.skb);
		data = fm_data(hook.skb);
		end = fm_data_end(hook.skb);
	} else {
		FM_HIDE(hook.xdp);
		data = (void *)(long)hook.xdp->data;
		end = (void *)(long)hook.xdp->data_end;
	}
	return data + at_l4 + FM_TCP_FLAGS_OFFSET + 1 <= end && data[at_protocol] == IPPROTO_TCP &&
	       data[at_l4 + FM_TCP_FLAGS_OFFSET] & FM_TCP_SYN;
}

/* What few classes ask for; what is next. */
FM_INLINE enum fm_next fm_fast_obey(struct __sk_buff *skb, const struct fm_view *view, __u64 class,
				    int direction, struct fm_fast *fast)
{
	if (fm_likely(!fast->act->flags))
		return FM_NEXT_MARK;
	return fm_obey(skb, view, fast->act->flags, class, direction, fast->length);
}

FM_INLINE int fm_fast_act4(struct __sk_buff *skb, __u8 *ip, const struct fm_view *view, __u64 class,
			   int direction, struct fm_fast *fast)
{
	enum fm_next next = fm_fast_obey(skb, view, class, direction, fast);

	fast->marked = 0;
	if (fm_likely(next == FM_NEXT_MARK))
		fast->marked = fm_mark4(ip, fast->act->dscp);
	return next == FM_NEXT_DROP ? FM_FAST_DROP : FM_FAST_DONE;
}

FM_INLINE int fm_fast_act6(struct __sk_buff *skb, __u8 *ip, const struct fm_view *view, __u64 class,
			   int direction, struct fm_fast *fast)
{
	enum fm_next next = fm_fast_obey(skb, view, class, direction, fast);

	fast->marked = 0;
	if (fm_likely(next == FM_NEXT_MARK))
		fast->marked = fm_mark6(skb, ip, fast->act->dscp, direction == FM_INGRESS);
	return next == FM_NEXT_DROP ? FM_FAST_DROP : FM_FAST_DONE;
}

/* `rest`: what both ends have in common but the protocol. The protocol is part of the
 * key: only protocols whose ports lie where they are read here ever find an entry. */
FM_INLINE int fm_fast_ip4(struct fm_hook hook, void *data, const struct fm_view *view, __u64 rest,
			  int direction, struct fm_fast *fast)
{
	__u8 *ip = data + FM_FAST_L3, *l4 = data + FM_FAST_L4_IP4;
	__u8 protocol = FM_FIELD(__u8, ip, offsetof(struct iphdr, protocol));
	__u64 hash, class;

	if (FM_FIELD(__be16, ip, offsetof(struct iphdr, frag_off)) & bpf_htons(FM_FAST_FRAGMENT) ||
	    bpf_ntohs(FM_FIELD(__be16, ip, offsetof(struct iphdr, tot_len))) < FM_FAST_LEAST_IP4)
		return FM_FAST_NO;
	rest |= (__u32)protocol << FM_KEY_PROTOCOL_SHIFT;
	hash = fm_hash_ends(view,
			    fm_hash_ip4(view, FM_FIELD(__be32, ip, offsetof(struct iphdr, saddr))),
			    FM_FIELD(__be16, l4, offsetof(struct fm_ports, source)),
			    fm_hash_ip4(view, FM_FIELD(__be32, ip, offsetof(struct iphdr, daddr))),
			    FM_FIELD(__be16, l4, offsetof(struct fm_ports, dest)), rest);
	class = fm_fast_recall(view, hash, 0);
	if (fm_unlikely(class > FM_ENTRY_CLASS))
		return FM_FAST_MISS;
	fast->act = fm_find_act(view, direction, class);
	if (fm_unlikely(fast->act->flags) && fast->act->flags & FM_ACT_SYN &&
	    fm_is_syn(hook, FM_FAST_L3 + offsetof(struct iphdr, protocol), FM_FAST_L4_IP4))
		return FM_FAST_NO;
	return fm_fast_act4(hook.skb, ip, view, class, direction, fast);
}

FM_INLINE __u64 fm_fast_hash_ip6(const struct fm_view *view, const __u8 *address)
{
	return fm_hash_ip6(view, FM_FIELD(__be32, address, 0), FM_FIELD(__be32, address, 4),
			   FM_FIELD(__be32, address, 8), FM_FIELD(__be32, address, 12));
}

FM_INLINE int fm_fast_ip6(struct fm_hook hook, void *data, const struct fm_view *view, __u64 rest,
			  int direction, struct fm_fast *fast)
{
	__u8 *ip = data + FM_FAST_L3, *l4 = data + FM_FAST_L4_IP6;
	__u8 protocol = FM_FIELD(__u8, ip, offsetof(struct ipv6hdr, nexthdr));
	__u64 hash, class;

	if (bpf_ntohs(FM_FIELD(__be16, ip, offsetof(struct ipv6hdr, payload_len))) <
	    FM_FAST_LEAST_IP6)
		return FM_FAST_NO;
	rest |= (__u32)protocol << FM_KEY_PROTOCOL_SHIFT;
	hash = fm_hash_ends(view, fm_fast_hash_ip6(view, ip + offsetof(struct ipv6hdr, saddr)),
			    FM_FIELD(__be16, l4, offsetof(struct fm_ports, source)),
			    fm_fast_hash_ip6(view, ip + offsetof(struct ipv6hdr, daddr)),
			    FM_FIELD(__be16, l4, offsetof(struct fm_ports, dest)), rest);
	class = fm_fast_recall(view, hash, 0);
	if (fm_unlikely(class > FM_ENTRY_CLASS))
		return FM_FAST_MISS;
	fast->act = fm_find_act(view, direction, class);
	if (fm_unlikely(fast->act->flags) && fast->act->flags & FM_ACT_SYN &&
	    fm_is_syn(hook, FM_FAST_L3 + offsetof(struct ipv6hdr, nexthdr), FM_FAST_L4_IP6))
		return FM_FAST_NO;
	return fm_fast_act6(hook.skb, ip, view, class, direction, fast);
}

/* Recalls and marks. But for FM_FAST_DONE nothing has been touched. `rest`: what both
 * ends have in common but the protocol, as in the key. */
FM_INLINE int fm_fast(struct fm_hook hook, void *data, void *end, const struct fm_view *view,
		      __u64 rest, int direction, struct fm_fast *fast)
{
	__be16 ethertype;
	__u8 first;

	if (data + FM_FAST_LENGTH_IP4 > end)
		return FM_FAST_NO;
	ethertype = FM_FIELD(__be16, data, offsetof(struct ethhdr, h_proto));
	first = FM_FIELD(__u8, data, FM_FAST_L3);
	if (fm_likely(ethertype == bpf_htons(ETH_P_IP) && first == FM_FAST_IP4))
		return fm_fast_ip4(hook, data, view, rest, direction, fast);
	if (ethertype != bpf_htons(ETH_P_IPV6) || data + FM_FAST_LENGTH_IP6 > end ||
	    first >> 4 != 6)
		return FM_FAST_NO;
	return fm_fast_ip6(hook, data, view, rest, direction, fast);
}

#endif
