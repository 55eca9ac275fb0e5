/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Between recall and decide, where rules look at names: does this packet say what its
 * flow is called, and may a later one still? TLS is read here, QUIC and DNS are handed
 * to the agent. A flow of which nothing more is to be learned, and whose name the other
 * end has answered, becomes a plain hit.
 */
#ifndef FLOWMARK_BPF_WATCH_H
#define FLOWMARK_BPF_WATCH_H

#include "names.h"
#include "punt_fragment.h"
#include "recall.h"
#include "roles.h"
#include "tls.h"

#define FM_DNS_PORT 53
#define FM_TCP_HEADER 14u /* of it as much as is looked at */

/* QUIC, RFC 9000 (version-independent parts: RFC 8999). */
#define FM_QUIC_LOOKS 5u
#define FM_QUIC_LONG 0x80
#define FM_QUIC_FIXED 0x40
#define FM_QUIC_TYPE 0x30
#define FM_QUIC_V1 1u
#define FM_QUIC_V2 0x6b3343cfu
#define FM_QUIC_V2_INITIAL 0x10
#define FM_QUIC_DRAFT_FIRST 0xff000017u
#define FM_QUIC_DRAFT_LAST 0xff000022u

/* What a packet can say. */
#define FM_WATCH_AWAITS 1u  /* a name may still come */
#define FM_WATCH_RENAMED 2u /* it has just come */
#define FM_WATCH_DRAFTED 4u /* and is this CPU's draft */

/* Of a name that is there: the server's answer, which makes it the flow's for good. */
#define FM_ANSWER_NONE 0  /* of no concern: no name, or that of a connection before */
#define FM_ANSWER_GIVEN 1 /* or there will be none; with FM_NAME_HEARD nothing more is awaited */
#define FM_ANSWER_DUE 2
#define FM_ANSWER_DUE_DNS 3 /* and a hello may still correct what DNS has said */

/* Offset behind the packet's last byte, for frames are padded. BIG TCP says 0. */
FM_INLINE __u32 fm_packet_end(struct __sk_buff *skb, const struct fm_pkt *pkt)
{
	__u32 field = pkt->family == 4 ? offsetof(struct iphdr, tot_len)
				       : offsetof(struct ipv6hdr, payload_len);
	__u32 from = pkt->family == 4 ? 0 : sizeof(struct ipv6hdr), length, end;
	__u8 byte[2] = {};

	bpf_skb_load_bytes(skb, pkt->l3 + field, byte, sizeof(byte));
	length = (__u32)byte[0] << 8 | byte[1];
	end = pkt->l3 + from + length;
	return length && end < skb->len ? end : skb->len;
}

/* Length << 32 | offset of what follows a header of `header` bytes at l4. 0: nothing. */
FM_INLINE __u64 fm_payload(struct __sk_buff *skb, const struct fm_pkt *pkt, __u32 header)
{
	__u32 at = pkt->l4 + header, end = fm_packet_end(skb, pkt);

	return end > at ? (__u64)(end - at) << 32 | at : 0;
}

/* A SYN that follows on an old connection begins with nothing known of its beginning; not
 * its answer, for the SYN may have had data (RFC 7413). The old name goes when the responder
 * agrees to the new one, for a SYN alone can be spoofed; a young name is this connection's,
 * and the answer a late copy. */
FM_RARE int fm_watch_syn(const struct fm_pkt *pkt, const struct fm_place *place, __u8 flags)
{
	struct fm_flow_key key;
	struct fm_name *name;

	if (!(flags & FM_TCP_ACK)) {
		struct fm_hello *hello = fm_hello_at(fm_hello_find(place->hash));

		if (hello)
			fm_hello_release(hello);
		return 0;
	}
	fm_make_key(pkt, place->low, place->iface, &key);
	name = fm_name_find(&key, place->hash);
	if (!name || fm_name_is_fresh(name))
		return 0;
	bpf_map_delete_elem(&fm_names, &key);
	bpf_map_delete_elem(&fm_new_names, &key);
	return FM_WATCH_RENAMED;
}

/* This CPU's draft is the flow's name. Apart, as are all that make keys, for the stack's
 * sake. */
FM_RARE int fm_watch_named(const struct fm_pkt *pkt, const struct fm_place *place)
{
	struct fm_name *draft = fm_name_draft();
	struct fm_flow_key key;
	int kept;

	if (!draft)
		return 0;
	draft->from = fm_name_end(!!place->low) | FM_NAME_HEARD;
	fm_make_key(pkt, place->low, place->iface, &key);
	kept = fm_name_learn(pkt, &key, place->hash, draft);
	return FM_WATCH_RENAMED | FM_WATCH_DRAFTED | (kept && draft->length ? FM_WATCH_AWAITS : 0);
}

/* FM_ANSWER_* behind this packet of a flow that awaits. */
FM_RARE int fm_watch_answer(const struct fm_pkt *pkt, const struct fm_place *place)
{
	struct fm_flow_key key;
	struct fm_name *name;
	int heard;

	fm_make_key(pkt, place->low, place->iface, &key);
	name = fm_name_find(&key, place->hash);
	if (!name || !name->length || name->from & FM_NAME_SETTLED)
		return FM_ANSWER_NONE;
	heard = name->from & FM_NAME_HEARD;
	if (fm_name_is_answered(name, place->low))
		fm_name_settle(&key, name);
	else if (fm_name_is_fresh(name)) /* or one direction alone comes by */
		return heard ? FM_ANSWER_DUE : FM_ANSWER_DUE_DNS;
	return heard ? FM_ANSWER_GIVEN : FM_ANSWER_NONE;
}

/* There is no hello: else each further segment would be looked for one, in a buffer, until the
 * answer. */
FM_RARE int fm_watch_heard(const struct fm_pkt *pkt, const struct fm_place *place)
{
	struct fm_flow_key key;
	struct fm_name *name;

	fm_make_key(pkt, place->low, place->iface, &key);
	name = fm_name_find(&key, place->hash);
	if (name)
		name->from |= FM_NAME_HEARD;
	return 0;
}

FM_INLINE int fm_watch_tls(struct __sk_buff *skb, const struct fm_pkt *pkt,
			   const struct fm_place *place, __u32 seq, __u64 where)
{
	__u32 from = (place->low ? FM_TLS_FROM_LOW : 0) |
		     (pkt->sport >= pkt->dport ? FM_TLS_FROM_INITIATOR : 0);
	int outcome = fm_tls_segment(skb, place->hash, where, seq, from);

	if (outcome == FM_TLS_NAME)
		return fm_watch_named(pkt, place);
	return outcome == FM_TLS_MORE ? FM_WATCH_AWAITS : 0;
}

/* What servers say to whoever knocks is no answer, nor that nobody is there. */
FM_INLINE int fm_watch_answer_tcp(const struct fm_pkt *pkt, const struct fm_place *place,
				  __u8 flags)
{
	return flags & (FM_TCP_SYN | FM_TCP_RST) ? FM_ANSWER_NONE : fm_watch_answer(pkt, place);
}

FM_INLINE int fm_watch_tcp(struct __sk_buff *skb, const struct fm_pkt *pkt,
			   const struct fm_place *place, __u32 awaits)
{
	__u8 header[FM_TCP_HEADER];
	__u32 seq, found = 0;
	int answer, said;
	__u64 where;

	if (bpf_skb_load_bytes(skb, pkt->l4, header, sizeof(header)))
		return awaits;
	seq = (__u32)header[4] << 24 | (__u32)header[5] << 16 | (__u32)header[6] << 8 | header[7];
	if (header[13] & FM_TCP_SYN) {
		found = fm_watch_syn(pkt, place, header[13]);
		awaits = 1;
		seq++;
	}
	where = fm_payload(skb, pkt, (header[12] >> 4) * 4);
	if (!awaits)
		return found;
	if (pkt->sport == FM_DNS_PORT || pkt->dport == FM_DNS_PORT) {
		int punted = pkt->sport == FM_DNS_PORT && where
				     ? fm_punt_tcp(skb, pkt, place, seq, where)
				     : 0;

		FM_HIDE(punted);
		return awaits | found;
	}
	answer = fm_watch_answer_tcp(pkt, place, header[13]);
	if (answer == FM_ANSWER_GIVEN || answer == FM_ANSWER_DUE)
		return answer == FM_ANSWER_DUE ? FM_WATCH_AWAITS : 0;
	if (!where)
		return awaits | found;
	said = fm_watch_tls(skb, pkt, place, seq, where);
	if (answer != FM_ANSWER_DUE_DNS)
		return said | found;
	if (!said)
		fm_watch_heard(pkt, place);
	return said | found | FM_WATCH_AWAITS;
}

FM_INLINE int fm_is_initial(__u8 first, __u32 version)
{
	if (version == FM_QUIC_V2)
		return (first & FM_QUIC_TYPE) == FM_QUIC_V2_INITIAL;
	return (version == FM_QUIC_V1 ||
		(version >= FM_QUIC_DRAFT_FIRST && version <= FM_QUIC_DRAFT_LAST)) &&
	       !(first & FM_QUIC_TYPE);
}

/* A later fragment of a flow that awaits a name, or of nobody knows what. */
FM_INLINE int fm_watch_rest(struct __sk_buff *skb, const struct fm_pkt *pkt,
			    const struct fm_place *place)
{
	__u64 where = fm_payload(skb, pkt, 0);
	int punted = 0;

	if (where)
		punted = fm_punt_rest(skb, pkt, place, where);
	FM_HIDE(punted);
	return FM_WATCH_AWAITS;
}

/* A flow awaits its name for as long as its packets have the long header, and then an answer
 * behind it. */
FM_INLINE int fm_watch_udp(struct __sk_buff *skb, const struct fm_pkt *pkt,
			   const struct fm_place *place)
{
	__u64 where = fm_payload(skb, pkt, 8);
	__u8 byte[FM_QUIC_LOOKS];
	__u32 version;
	int punted = 0, due;

	if (pkt->flags & FM_PKT_LATER_FRAG)
		return fm_watch_rest(skb, pkt, place);
	if (pkt->sport == FM_DNS_PORT && where)
		punted = fm_punt_udp(skb, pkt, place, FM_PUNT_DNS_UDP, where);
	FM_HIDE(punted);
	if (pkt->sport == FM_DNS_PORT || pkt->dport == FM_DNS_PORT)
		return FM_WATCH_AWAITS;
	due = fm_watch_answer(pkt, place) >= FM_ANSWER_DUE ? FM_WATCH_AWAITS : 0;
	if (where >> 32 < FM_QUIC_LOOKS || bpf_skb_load_bytes(skb, where, byte, sizeof(byte)))
		return due;
	version = (__u32)byte[1] << 24 | (__u32)byte[2] << 16 | (__u32)byte[3] << 8 | byte[4];
	if (!(byte[0] & FM_QUIC_LONG) || (version && !(byte[0] & FM_QUIC_FIXED)))
		return due;
	if (fm_is_initial(byte[0], version))
		punted = fm_punt_udp(skb, pkt, place, FM_PUNT_QUIC, where);
	FM_HIDE(punted);
	return FM_WATCH_AWAITS;
}

/* The remembered decision becomes one that awaits a name, or a plain one. */
FM_INLINE void fm_cache_set_awaits(const struct fm_view *view, __u64 hash, __u32 awaits)
{
	volatile __u64 *entry = fm_cache_find(view, hash);

	if (entry)
		*entry = (*entry & ~FM_ENTRY_AWAITS) | (awaits ? FM_ENTRY_AWAITS : 0);
}

FM_INLINE int fm_watch_packet(struct __sk_buff *skb, const struct fm_pkt *pkt,
			      const struct fm_place *place, __u32 awaits)
{
	if (pkt->protocol == IPPROTO_TCP)
		return fm_watch_tcp(skb, pkt, place, awaits);
	return awaits ? fm_watch_udp(skb, pkt, place) : 0;
}

/* What to go on with in the place of `recalled`, which fm_recall() said: that, or FM_MISS
 * if there is a new name to decide by. */
FM_INLINE int fm_watch(struct __sk_buff *skb, const struct fm_view *view, const struct fm_pkt *pkt,
		       struct fm_place *place, int recalled)
{
	__u32 awaits = recalled == FM_MISS ? !fm_cache_gave_up(view, place->hash)
					   : !!(recalled & FM_ENTRY_AWAITS);
	__u32 found = fm_watch_packet(skb, pkt, place, awaits);

	place->watched = 1;
	place->awaits = found & FM_WATCH_AWAITS;
	place->drafted = !!(found & FM_WATCH_DRAFTED);
	if (found & FM_WATCH_RENAMED)
		return FM_MISS;
	if (recalled != FM_MISS && place->awaits != awaits)
		fm_cache_set_awaits(view, place->hash, place->awaits);
	return recalled;
}

/* Packets that may say a name. TCP avoids fragments (RFC 9293, 3.7), and what it says in
 * some is not read. */
FM_INLINE int fm_may_name(const struct fm_view *view, const struct fm_pkt *pkt)
{
	if (!(view->flags & FM_VIEW_USES_HOSTS) || !(pkt->flags & FM_PKT_PORTS))
		return 0;
	return pkt->protocol == IPPROTO_UDP ||
	       (pkt->protocol == IPPROTO_TCP &&
		!(pkt->flags & (FM_PKT_FIRST_FRAG | FM_PKT_LATER_FRAG)));
}

/* A later fragment that came before its first may hold the rest of a name. */
FM_INLINE int fm_may_hold_rest(const struct fm_view *view, const struct fm_pkt *pkt)
{
	return view->flags & FM_VIEW_USES_HOSTS && pkt->flags & FM_PKT_LATER_FRAG &&
	       pkt->protocol == IPPROTO_UDP;
}

#endif
