/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The beginning of a TCP connection until its ClientHello is whole: segments in any
 * order, cut anywhere, sent twice; where two say something of the same byte, the first
 * one holds.
 *
 * A buffer's place follows from the flow's hash, or is the one beside. One that was left
 * alone for two seconds is anybody's, one without the start of a hello after a tenth of
 * that: so a flood of half hellos costs names of new flows, counted, and nothing else.
 * Bytes lie at their sequence number modulo the window, so the order of arrival does not
 * matter and every index is a mask.
 *
 * A buffer is one packet's at a time (`busy`), whoever owns it. Two CPUs that took the same
 * one for two flows read one's hello as the other's: in a flood of hellos established flows
 * were called by strangers' names (tests/replay/hello_race_test.cc; looking at the owner once
 * more when a name had been read did not find it out). Segments of one connection on two
 * CPUs at once cost it its hello.
 */
#ifndef FLOWMARK_BPF_HELLO_BUFFER_H
#define FLOWMARK_BPF_HELLO_BUFFER_H

#include "clock.h"

#define FM_HELLO_STALE_NS (2 * FM_NS_PER_SECOND)
#define FM_HELLO_IDLE_NS (FM_HELLO_STALE_NS / 10)
#define FM_HELLO_NOWHERE (~0u)

FM_INLINE struct fm_hello *fm_hello_at(__u32 index)
{
	return bpf_map_lookup_elem(&fm_hellos, &index);
}

/* A product's lower bits come from its factors' lower bits alone, which ports that count
 * up leave as they are but for two: 256 connections of one client had eight buffers. So
 * it is spread as fm_cache_index() does. */
FM_INLINE __u32 fm_hello_home(__u64 owner)
{
	return owner * (owner ^ owner >> 32) >> 48 & (FM_HELLO_BUFFERS - 1);
}

FM_INLINE int fm_hello_free(const struct fm_hello *hello, __u64 now)
{
	__u64 idle = now - hello->touched_ns;

	return !hello->owner || idle > FM_HELLO_STALE_NS ||
	       (!(hello->flags & FM_HELLO_STARTED) && idle > FM_HELLO_IDLE_NS);
}

/* Makes the buffer this packet's, if it is nobody's turn and it is the flow's, free, or
 * `any` will do. */
FM_INLINE int fm_hello_take(struct fm_hello *hello, __u64 owner, __u64 now, int any)
{
	int taken = 0;

	bpf_spin_lock(&hello->lock);
	if (!hello->busy && (any || hello->owner == owner || fm_hello_free(hello, now))) {
		if (hello->owner != owner) {
			hello->owner = owner;
			hello->flags = 0;
			hello->parts = 0;
		}
		hello->busy = 1;
		taken = 1;
	}
	bpf_spin_unlock(&hello->lock);
	return taken;
}

/* The end of this packet's turn, and with `over` of the flow's. 0: it has lost the buffer. */
FM_INLINE int fm_hello_put(struct fm_hello *hello, __u64 owner, int over)
{
	int kept;

	bpf_spin_lock(&hello->lock);
	kept = hello->owner == owner;
	if (kept && over)
		hello->owner = 0;
	hello->busy = 0;
	bpf_spin_unlock(&hello->lock);
	return kept;
}

FM_INLINE void fm_hello_clear(struct fm_hello *hello, __u64 owner)
{
	hello->owner = owner;
	hello->flags = 0;
	hello->parts = 0;
}

/* The flow's buffer, or FM_HELLO_NOWHERE. A global function, as are the others that take
 * an index: each is verified once (net4.h says why). */
FM_GLOBAL int fm_hello_find(__u64 owner)
{
	__u32 home = fm_hello_home(owner);

	for (__u32 way = 0; way < 2; way++) {
		struct fm_hello *hello = fm_hello_at(home ^ way);

		if (hello && hello->owner == owner)
			return home ^ way;
	}
	return FM_HELLO_NOWHERE;
}

/* The flow's buffer, else a free one, else the CPU's own: this packet's until fm_hello_put().
 * FM_HELLO_NOWHERE: another CPU has it. */
FM_GLOBAL int fm_hello_claim(__u64 owner)
{
	__u32 home = fm_hello_home(owner), index = fm_hello_find(owner);
	struct fm_hello *hello;
	__u64 now = fm_now();

	if (index != FM_HELLO_NOWHERE) {
		hello = fm_hello_at(index);
		return hello && fm_hello_take(hello, owner, now, 0) ? index : FM_HELLO_NOWHERE;
	}
	for (__u32 way = 0; way < 2; way++) {
		hello = fm_hello_at(home ^ way);
		if (hello && fm_hello_free(hello, now) && fm_hello_take(hello, owner, now, 0))
			return home ^ way;
	}
	index = FM_HELLO_BUFFERS + (bpf_get_smp_processor_id() & (FM_HELLO_SCRATCH - 1));
	hello = fm_hello_at(index);
	return hello && fm_hello_take(hello, owner, now, 1) ? index : FM_HELLO_NOWHERE;
}

FM_INLINE void fm_hello_release(struct fm_hello *hello)
{
	hello->owner = 0;
}

/* Bytes [offset, offset + length) of the packet to where sequence number `seq` has its
 * place. 0, or what failed. */
FM_GLOBAL int fm_hello_copy(struct __sk_buff *skb, __u32 index, __u32 seq, __u32 offset,
			    __u32 length)
{
	struct fm_hello *hello = fm_hello_at(index);

	if (!hello)
		return 1;
	for (__u32 i = 0; i < FM_HELLO_WINDOW / FM_HELLO_CHUNK + 2 && length; i++) {
		__u64 at = seq, chunk = length;

		FM_MASK(at, FM_HELLO_WINDOW - 1);
		if (chunk > FM_HELLO_CHUNK)
			chunk = FM_HELLO_CHUNK;
		if (chunk > FM_HELLO_WINDOW - at)
			chunk = FM_HELLO_WINDOW - at;
		chunk--; /* kernels up to 6.1 do not learn "not 0" otherwise */
		FM_MASK(chunk, FM_HELLO_CHUNK - 1);
		chunk++;
		if (bpf_skb_load_bytes(skb, offset, &hello->bytes[at], chunk))
			return 1;
		seq += chunk;
		offset += chunk;
		length -= chunk;
	}
	return 0;
}

FM_INLINE int fm_before(__u32 seq, __u32 other)
{
	return (__s32)(seq - other) < 0;
}

FM_INLINE struct fm_hello_part *fm_hello_part(struct fm_hello *hello, __u64 i)
{
	FM_MASK(i, 2 * FM_HELLO_PARTS - 1);
	return &hello->part[i];
}

/* Copies what [from, to) has that no part has: the first bytes win. `offset`: where
 * `from` is in the packet. */
FM_GLOBAL int fm_hello_fill(struct __sk_buff *skb, __u32 index, __u32 from, __u32 to, __u32 offset)
{
	struct fm_hello *hello = fm_hello_at(index);
	__u32 next = from;

	if (!hello)
		return 1;
	for (__u32 i = 0; i < FM_HELLO_PARTS && i < hello->parts; i++) {
		struct fm_hello_part part = *fm_hello_part(hello, i);
		__u32 gap = fm_before(part.from, to) ? part.from : to;

		if (fm_before(next, gap) &&
		    fm_hello_copy(skb, index, next, offset + (next - from), gap - next))
			return 1;
		if (fm_before(next, part.to))
			next = part.to;
	}
	if (fm_before(next, to))
		return fm_hello_copy(skb, index, next, offset + (next - from), to - next);
	return 0;
}

/* The list of parts with [from, to) in it. 1: there are too many, nothing has changed. */
FM_GLOBAL int fm_hello_note(__u32 index, __u32 from, __u32 to)
{
	struct fm_hello *hello = fm_hello_at(index);
	__u32 parts, left = 0, met = 0;

	if (!hello)
		return 1;
	parts = hello->parts;
	for (__u32 i = 0; i < FM_HELLO_PARTS && i < parts; i++) {
		struct fm_hello_part part = *fm_hello_part(hello, i);
		__u32 is_left = (part.to - from) >> 31, is_right = (to - part.from) >> 31;

		left += is_left;
		met += !(is_left | is_right);
		FM_HIDE(left); /* or the verifier counts along, in every way there is */
		FM_HIDE(met);
		if (is_left | is_right)
			continue;
		if (fm_before(part.from, from))
			from = part.from;
		if (fm_before(to, part.to))
			to = part.to;
	}
	if (!met && parts >= FM_HELLO_PARTS)
		return 1;
	for (__u32 i = 0; i < FM_HELLO_PARTS; i++) { /* the others move up or down */
		__u32 at = met ? left + met + i : FM_HELLO_PARTS - 1 - i;

		if (at >= left + met && at < parts)
			*fm_hello_part(hello, at + 1 - met) = *fm_hello_part(hello, at);
	}
	fm_hello_part(hello, left)->from = from;
	fm_hello_part(hello, left)->to = to;
	hello->parts = parts + 1 - met;
	return 0;
}

#endif
