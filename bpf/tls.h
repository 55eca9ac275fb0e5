/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Looks for a ClientHello in the first 8 KiB that either end of a TCP connection says,
 * on any port: it may follow plain text (STARTTLS, CONNECT, a SOCKS or SSLRequest
 * greeting) at the beginning of any segment, and a PROXY header inside one.
 *
 * Whoever sends a ClientHello is the client; of other beginnings only one end's are kept
 * (fm_hello_wants), for the start of a hello may come after its rest.
 */
#ifndef FLOWMARK_BPF_TLS_H
#define FLOWMARK_BPF_TLS_H

#include "failures.h"
#include "name_text.h"

enum fm_tls_outcome {
	FM_TLS_MORE, /* a name may still come */
	FM_TLS_NAME, /* it is in this CPU's draft; or of length 0: the hello has none */
	FM_TLS_OVER, /* none will come */
};

#define FM_TLS_LOOKS 11 /* bytes that tell the beginning of a hello */
#define FM_PROXY_V1 108 /* bytes of the longest header, its end of line included */
#define FM_PROXY_V2 16	/* without addresses */

/* What of a segment travels to the global functions. */
#define FM_TLS_FROM_LOW 1u
#define FM_TLS_FROM_INITIATOR 2u

/* The first `count` bytes fit the beginning of a ClientHello. */
FM_INLINE int fm_looks_like_hello(const __u8 *byte, __u32 count)
{
	__u32 record = (__u32)byte[3] << 8 | byte[4];

	if (byte[0] != FM_TLS_HANDSHAKE || (count > 1 && byte[1] != 3) ||
	    (count > 2 && byte[2] > 4))
		return 0;
	if (count < 6)
		return 1;
	if (!record || record > FM_TLS_RECORD_BYTES || byte[5] != FM_TLS_CLIENT_HELLO)
		return 0;
	/* a record of a few bytes: the next header comes in between */
	return record < FM_TLS_LOOKS - FM_TLS_RECORD_HEADER || count < FM_TLS_LOOKS ||
	       (byte[6] == 0 && byte[9] == 3);
}

/* Length of the PROXY header, version 1, that begins with `byte`; 0: it does not. */
FM_GLOBAL int fm_proxy_v1(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	__u8 before = 0, byte;

	if (length > FM_PROXY_V1)
		length = FM_PROXY_V1;
	FM_HIDE(length); /* or clang drops the loop's own bound, which 5.10 and 6.1 need */
	for (__u32 i = 0; i < FM_PROXY_V1; i++) {
		if (i >= length || bpf_skb_load_bytes(skb, offset + i, &byte, 1))
			break;
		if (before == '\r' && byte == '\n')
			return i + 1;
		before = byte;
	}
	return 0;
}

/* Bytes of a PROXY header (haproxy's proxy-protocol.txt) at the segment's beginning. */
FM_INLINE __u32 fm_proxy_header(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	__u8 byte[FM_PROXY_V2] = {};

	if (length < FM_PROXY_V2 || bpf_skb_load_bytes(skb, offset, byte, sizeof(byte)))
		return 0;
	if (byte[0] == 'P' && byte[1] == 'R' && byte[2] == 'O' && byte[3] == 'X' &&
	    byte[4] == 'Y' && byte[5] == ' ')
		return fm_proxy_v1(skb, offset, length);
	if (byte[0] == '\r' && byte[1] == '\n' && byte[4] == 0 && byte[5] == '\r' &&
	    byte[7] == 'Q' && byte[8] == 'U' && byte[9] == 'I' && byte[10] == 'T')
		return FM_PROXY_V2 + ((__u32)byte[14] << 8 | byte[15]);
	return 0;
}

/* Offset from the segment's first byte at which a hello seems to begin, or -1. */
FM_GLOBAL int fm_hello_begins(struct __sk_buff *skb, __u32 offset, __u32 length)
{
	__u32 header = fm_proxy_header(skb, offset, length), count;
	__u8 byte[FM_TLS_LOOKS] = {};

	if (header >= length) /* the header alone: the hello begins the next segment */
		return -1;
	count = length - header;
	if (count > FM_TLS_LOOKS)
		count = FM_TLS_LOOKS;
	count = ((count - 1) & 15) + 1;
	if (count > FM_TLS_LOOKS || bpf_skb_load_bytes(skb, offset + header, byte, count))
		return -1;
	return fm_looks_like_hello(byte, count) ? (int)header : -1;
}

/* One of the two ends has said so much that no hello will come. `first` of `low`. */
FM_INLINE int fm_said_enough(struct fm_hello *hello, __u32 low, __u32 seq, __u32 length)
{
	__u32 seen = FM_HELLO_SEEN << low;
	__u32 *first = &hello->first[low];

	if (!(hello->flags & seen) || fm_before(seq, *first)) {
		hello->flags |= seen;
		*first = seq;
	}
	/* a hello that has begun may be as long again */
	return seq + length - *first > FM_HELLO_WINDOW << !!(hello->flags & FM_HELLO_STARTED);
}

/* Begins the list of parts anew for a hello at `start`: what is known of the bytes
 * behind it stays, what was before it goes. */
FM_INLINE void fm_hello_start(struct fm_hello *hello, __u32 start, __u32 low)
{
	__u32 side = low ? FM_HELLO_FROM_LOW : 0, kept = 0;

	if ((hello->flags & FM_HELLO_FROM_LOW) != side)
		hello->parts = 0;
	for (__u32 i = 0; i < FM_HELLO_PARTS && i < hello->parts; i++) {
		struct fm_hello_part part = *fm_hello_part(hello, i);

		if (part.from - start >= FM_HELLO_WINDOW)
			continue;
		if (part.to - start > FM_HELLO_WINDOW)
			part.to = start + FM_HELLO_WINDOW;
		*fm_hello_part(hello, kept++) = part;
	}
	hello->parts = kept;
	hello->start = start;
	hello->flags = (hello->flags & ~FM_HELLO_FROM_LOW) | side | FM_HELLO_STARTED;
}

/* What is kept is of an old connection, whose ports are used again by one of which we saw
 * no SYN: it was left alone for as long as makes it anybody's, and the hello that begins at
 * `start` is not its own sent again, nor near what its end said before one. */
FM_INLINE int fm_hello_left_behind(const struct fm_hello *hello, __u32 start, __u32 low)
{
	if (fm_now() - hello->touched_ns <= FM_HELLO_STALE_NS)
		return 0;
	if (hello->flags & FM_HELLO_STARTED)
		return start != hello->start;
	return hello->flags & FM_HELLO_SEEN << low &&
	       start - hello->first[low] + FM_HELLO_WINDOW > 2 * FM_HELLO_WINDOW;
}

/* Whether bytes from `from` on would overwrite others, for there is no start yet and the
 * window is full: then what was kept goes. */
FM_INLINE void fm_hello_make_room(struct fm_hello *hello, __u32 from, __u32 to)
{
	__s32 window = FM_HELLO_WINDOW; /* what is ahead of a part is less than 0 behind it */
	__u32 parts = hello->parts;

	if (!parts)
		return;
	if ((__s32)(to - fm_hello_part(hello, 0)->from) > window ||
	    (__s32)(fm_hello_part(hello, parts - 1)->to - from) > window)
		hello->parts = 0;
}

/* Whether what this end says is kept. Before the start of a hello: the presumed
 * initiator's, and whoever else speaks first, for in TLS that is the client. */
FM_INLINE int fm_hello_wants(struct fm_hello *hello, __u32 from)
{
	__u32 low = from & FM_TLS_FROM_LOW, side = low ? FM_HELLO_FROM_LOW : 0;
	int same = (hello->flags & FM_HELLO_FROM_LOW) == side;

	if (hello->flags & FM_HELLO_STARTED)
		return same;
	if (!(from & FM_TLS_FROM_INITIATOR) && hello->flags & FM_HELLO_SEEN << !low)
		return 0;
	if (!same) {
		hello->parts = 0;
		hello->flags ^= FM_HELLO_FROM_LOW;
	}
	return 1;
}

/* How many bytes there are from the hello's start on without a gap. */
FM_INLINE __u32 fm_hello_have(struct fm_hello *hello)
{
	if (!hello->parts || hello->part[0].from != hello->start)
		return 0;
	return hello->part[0].to - hello->start;
}

/* The hello is whole and names nobody, which its sender still shows to be the client. */
FM_INLINE int fm_hello_nameless(void)
{
	struct fm_name *draft = fm_name_draft();

	if (!draft)
		return FM_TLS_OVER;
	draft->length = 0;
	draft->suffixes = 0;
	draft->text[0] = 0;
	fm_count_name_event(FM_NAME_EVENT_NO_SNI);
	return FM_TLS_NAME;
}

/* Reads the name once its last byte is here. */
FM_GLOBAL int fm_hello_read(__u32 index)
{
	struct fm_hello *hello = fm_hello_at(index);
	__u64 found, status;
	__u32 have;

	if (!hello)
		return FM_TLS_OVER;
	have = fm_hello_have(hello);
	found = fm_find_server_name(index, have);
	status = found & FM_CURSOR_WRONG;
	if (!status && !(found >> FM_CURSOR_VALUE))
		return fm_hello_nameless();
	if (!status)
		status = fm_name_read(index, have, found & FM_CURSOR_MASK,
				      found >> FM_CURSOR_VALUE);
	if (!status) {
		fm_name_hash();
		return FM_TLS_NAME;
	}
	if (status & FM_CURSOR_BAD) {
		fm_count_name_event(FM_NAME_EVENT_BAD_HELLO);
		hello->flags &= ~FM_HELLO_STARTED; /* it may have been something else */
		return FM_TLS_MORE;
	}
	if (have < FM_HELLO_WINDOW)
		return FM_TLS_MORE;
	fm_count_name_event(FM_NAME_EVENT_LONG_HELLO);
	return FM_TLS_OVER;
}

/* Bytes of the client's, in the buffer's window. */
FM_GLOBAL int fm_hello_add(struct __sk_buff *skb, __u32 index, __u32 from, __u32 to, __u32 offset)
{
	struct fm_hello *hello = fm_hello_at(index);
	__u32 start;

	if (!hello)
		return FM_TLS_OVER;
	start = hello->start;
	if (hello->flags & FM_HELLO_STARTED) {
		if (fm_before(from, start)) {
			offset += start - from;
			from = start;
		}
		if (fm_before(start + FM_HELLO_WINDOW, to))
			to = start + FM_HELLO_WINDOW;
	} else {
		if (to - from > FM_HELLO_WINDOW)
			to = from + FM_HELLO_WINDOW;
		fm_hello_make_room(hello, from, to);
	}
	if (!fm_before(from, to))
		return FM_TLS_MORE;
	if (fm_hello_fill(skb, index, from, to, offset) || fm_hello_note(index, from, to)) {
		fm_count_name_event(FM_NAME_EVENT_PARTS);
		return FM_TLS_OVER;
	}
	if (!(hello->flags & FM_HELLO_STARTED) || !fm_hello_have(hello))
		return FM_TLS_MORE;
	return fm_hello_read(index);
}

/* One segment with payload, in a buffer that is its own meanwhile. `where`: its length << 32 |
 * where its payload begins. */
FM_GLOBAL int fm_tls_segment(struct __sk_buff *skb, __u64 owner, __u64 where, __u32 seq, __u32 from)
{
	__u32 offset = where, length = where >> 32, low = from & FM_TLS_FROM_LOW;
	__u32 index = fm_hello_claim(owner);
	int begins, outcome = FM_TLS_MORE;
	struct fm_hello *hello = fm_hello_at(index);

	if (!hello) {
		fm_count_name_event(FM_NAME_EVENT_NO_BUFFER);
		return FM_TLS_MORE;
	}
	begins = fm_hello_begins(skb, offset, length);
	if (begins >= 0 && fm_hello_left_behind(hello, seq + begins, low))
		fm_hello_clear(hello, owner);
	hello->touched_ns = fm_now();
	if (begins >= 0 && (!(hello->flags & FM_HELLO_STARTED) ||
			    hello->start - (seq + begins) - 1 < FM_HELLO_WINDOW))
		fm_hello_start(hello, seq + begins, low);
	if (fm_hello_wants(hello, from))
		outcome = fm_hello_add(skb, index, seq, seq + length, offset);
	if (outcome == FM_TLS_MORE && fm_said_enough(hello, low, seq, length)) {
		fm_count_name_event(hello->flags & FM_HELLO_STARTED ? FM_NAME_EVENT_INCOMPLETE
								    : FM_NAME_EVENT_GIVEN_UP);
		outcome = FM_TLS_OVER;
	}
	if (outcome == FM_TLS_MORE && index >= FM_HELLO_BUFFERS) {
		fm_count_name_event(FM_NAME_EVENT_NO_BUFFER);
		outcome = FM_TLS_OVER;
	}
	if (!fm_hello_put(hello, owner, outcome != FM_TLS_MORE)) /* a SYN has begun anew */
		return FM_TLS_OVER;
	return outcome;
}

#endif
