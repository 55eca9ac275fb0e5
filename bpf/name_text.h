/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A name out of a ClientHello, put together in this CPU's fm_name_work: lower case, no
 * trailing dot, printable, with the hashes that rules look for. The agent's half of this
 * is agent/names/name.cc. */
#ifndef FLOWMARK_BPF_NAME_TEXT_H
#define FLOWMARK_BPF_NAME_TEXT_H

#include "client_hello.h"

FM_INLINE struct fm_name *fm_name_draft(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&fm_name_work, &zero);
}

/* Masked where clang cannot see it: what it knows of a loop's bound, a verifier may not. */
FM_INLINE char *fm_name_byte(struct fm_name *name, __u64 at)
{
	FM_MASK(at, FM_NAME_BYTES);
	return &name->text[at];
}

/* 0, or FM_CURSOR_MORE, or FM_CURSOR_BAD for what no name holds. */
FM_GLOBAL __u64 fm_name_read(__u32 index, __u32 have, __u64 cursor, __u32 length)
{
	struct fm_name *name = fm_name_draft();
	__u32 is_dot;
	__u64 i;

	if (!name || length > FM_NAME_BYTES)
		return FM_CURSOR_BAD;
	FM_HIDE(length); /* clang would take the loop's own bound away, which verifiers need */
	for (i = 0; i < FM_NAME_BYTES && i < length; i++) {
		__u64 got = fm_tls_take(index, have, cursor, 1);
		__u32 byte = got >> FM_CURSOR_VALUE, is_upper;

		if (got & FM_CURSOR_WRONG)
			return got;
		if (byte <= ' ' || byte > '~')
			return FM_CURSOR_BAD;
		is_upper = ~((byte - 'A') | ('Z' - byte)) >> 31; /* no branch: see fm_name_hash() */
		FM_HIDE(is_upper);
		byte += is_upper * ('a' - 'A');
		*fm_name_byte(name, i) = byte;
		cursor = got & FM_CURSOR_MASK;
	}
	is_dot = (((__u8)*fm_name_byte(name, length - 1) ^ '.') - 1U) >> 31 & (1 - length) >> 31;
	FM_HIDE(is_dot); /* nor here: a loop's every end comes by */
	length -= is_dot;
	*fm_name_byte(name, length) = 0;
	name->length = length;
	return 0;
}

/* Fills in the hashes. Without branches on the bytes: each would double what the verifier
 * has to go through. What would be the next suffix is written at every byte, and counts
 * once a dot is met. */
FM_GLOBAL int fm_name_hash(void)
{
	struct fm_name *name = fm_name_draft();
	__u64 hash = FM_NAME_HASH_START;
	__u32 length, suffixes = 0;

	if (!name)
		return 0;
	length = name->length;
	FM_HIDE(length); /* see fm_name_read() */
	for (__u32 i = 1; i <= FM_NAME_BYTES; i++) {
		__u64 at = suffixes, full = -(__u64)(suffixes / FM_NAME_SUFFIXES);
		__u32 is_dot;
		__u8 byte;

		if (i > length)
			break;
		byte = *fm_name_byte(name, length - i);
		FM_MASK(at, FM_NAME_SUFFIXES - 1);
		name->suffix[at] = (name->suffix[at] & full) | (fm_name_hash_end(hash) & ~full);
		is_dot = (((__u32)byte ^ '.') - 1) >> 31 & ~(__u32)full;
		FM_HIDE(is_dot);
		suffixes += is_dot;
		hash = fm_name_hash_step(hash, byte);
	}
	name->whole = fm_name_hash_end(hash);
	name->suffixes = suffixes;
	return 0;
}

#endif
