/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The server name of a ClientHello (RFC 8446, RFC 6066) that lies in a buffer, whole or
 * only its beginning, cut into records anywhere.
 *
 * A cursor is where the next byte is, from the hello's start, and how much of its record
 * is left. It travels as a scalar: these are global functions, each verified once, and
 * take no pointers on 5.10. All fit in 16 bits: the header of a record is read where
 * bytes are, and a record has 16,640 bytes at most.
 */
#ifndef FLOWMARK_BPF_CLIENT_HELLO_H
#define FLOWMARK_BPF_CLIENT_HELLO_H

#include "hello_buffer.h"

#define FM_TLS_HANDSHAKE 22
#define FM_TLS_CLIENT_HELLO 1
#define FM_TLS_SERVER_NAME 0
#define FM_TLS_HOST_NAME 0
#define FM_TLS_RECORD_HEADER 5
#define FM_TLS_RECORD_BYTES 16640u
#define FM_TLS_RANDOM 32
#define FM_TLS_SESSION_BYTES 32
#define FM_TLS_RECORDS 64    /* that a hello may be cut into */
#define FM_TLS_EXTENSIONS 64 /* that are looked through */

/* In place of a cursor. */
#define FM_CURSOR_MORE (1ull << 63) /* not here yet */
#define FM_CURSOR_BAD (1ull << 62)  /* no ClientHello */
#define FM_CURSOR_WRONG (FM_CURSOR_MORE | FM_CURSOR_BAD)

#define FM_CURSOR_LEFT 16  /* bits below: where it is */
#define FM_CURSOR_VALUE 32 /* bits below: the cursor; above: what was read */
#define FM_CURSOR_MASK 0xffffffffull

FM_INLINE __u64 fm_cursor(__u32 at, __u32 left)
{
	return (__u64)left << FM_CURSOR_LEFT | at;
}

FM_INLINE __u32 fm_cursor_at(__u64 cursor)
{
	return cursor & 0xffff;
}

FM_INLINE __u32 fm_cursor_left(__u64 cursor)
{
	return cursor >> FM_CURSOR_LEFT & 0xffff;
}

/* Byte `at` of the hello. */
FM_INLINE __u32 fm_hello_byte(const struct fm_hello *hello, __u32 at)
{
	__u64 place = hello->start + at;

	FM_MASK(place, FM_HELLO_WINDOW - 1);
	return hello->bytes[place];
}

/* Past the header of the record that begins where the cursor is. */
FM_GLOBAL __u64 fm_tls_record(__u32 index, __u32 have, __u64 cursor)
{
	const struct fm_hello *hello = fm_hello_at(index);
	__u32 at = fm_cursor_at(cursor), length;

	if (!hello)
		return FM_CURSOR_BAD;
	if (at + FM_TLS_RECORD_HEADER > have)
		return FM_CURSOR_MORE;
	length = fm_hello_byte(hello, at + 3) << 8 | fm_hello_byte(hello, at + 4);
	if (fm_hello_byte(hello, at) != FM_TLS_HANDSHAKE || fm_hello_byte(hello, at + 1) != 3 ||
	    !length || length > FM_TLS_RECORD_BYTES)
		return FM_CURSOR_BAD;
	return fm_cursor(at + FM_TLS_RECORD_HEADER, length);
}

/* `count` bytes further; `have`: how many there are of the hello. */
FM_GLOBAL __u64 fm_tls_skip(__u32 index, __u32 have, __u64 cursor, __u32 count)
{
	for (__u32 i = 0; i < FM_TLS_RECORDS; i++) {
		__u32 left = fm_cursor_left(cursor);

		if (count <= left)
			return fm_cursor(fm_cursor_at(cursor) + count, left - count);
		count -= left;
		cursor = fm_tls_record(index, have, fm_cursor(fm_cursor_at(cursor) + left, 0));
		if (cursor & FM_CURSOR_WRONG)
			return cursor;
	}
	return FM_CURSOR_BAD;
}

/* A number of `count` bytes, 3 at most, above the cursor behind it. */
FM_GLOBAL __u64 fm_tls_take(__u32 index, __u32 have, __u64 cursor, __u32 count)
{
	const struct fm_hello *hello = fm_hello_at(index);
	__u32 value = 0;

	if (!hello)
		return FM_CURSOR_BAD;
	for (__u32 i = 0; i < 3 && i < count; i++) {
		if (!fm_cursor_left(cursor)) {
			cursor = fm_tls_record(index, have, cursor);
			if (cursor & FM_CURSOR_WRONG)
				return cursor;
		}
		if (fm_cursor_at(cursor) >= have)
			return FM_CURSOR_MORE;
		value = value << 8 | fm_hello_byte(hello, fm_cursor_at(cursor));
		cursor = fm_cursor(fm_cursor_at(cursor) + 1, fm_cursor_left(cursor) - 1);
	}
	return (__u64)value << FM_CURSOR_VALUE | cursor;
}

/* What is being read: where, and how much of the hello's body is left by its own word. */
struct fm_tls {
	__u32 index;
	__u32 have;
	__u64 cursor; /* or FM_CURSOR_MORE, FM_CURSOR_BAD: then nothing more happens */
	__u32 left;
};

FM_INLINE __u32 fm_tls_read(struct fm_tls *tls, __u32 count)
{
	__u64 got;

	if (tls->cursor & FM_CURSOR_WRONG)
		return 0;
	if (count > tls->left) {
		tls->cursor = FM_CURSOR_BAD;
		return 0;
	}
	tls->left -= count;
	got = fm_tls_take(tls->index, tls->have, tls->cursor, count);
	if (got & FM_CURSOR_WRONG) {
		tls->cursor = got;
		return 0;
	}
	tls->cursor = got & FM_CURSOR_MASK;
	return got >> FM_CURSOR_VALUE;
}

FM_INLINE void fm_tls_pass(struct fm_tls *tls, __u32 count)
{
	if (tls->cursor & FM_CURSOR_WRONG)
		return;
	if (count > tls->left) {
		tls->cursor = FM_CURSOR_BAD;
		return;
	}
	tls->left -= count;
	tls->cursor = fm_tls_skip(tls->index, tls->have, tls->cursor, count);
}

/* To the extensions. */
FM_INLINE void fm_tls_open(struct fm_tls *tls)
{
	__u32 extensions;

	if (fm_tls_read(tls, 1) != FM_TLS_CLIENT_HELLO)
		tls->cursor |= tls->cursor & FM_CURSOR_WRONG ? 0 : FM_CURSOR_BAD;
	tls->left = fm_tls_read(tls, 3);
	if (fm_tls_read(tls, 2) >> 8 != 3)
		tls->cursor |= tls->cursor & FM_CURSOR_WRONG ? 0 : FM_CURSOR_BAD;
	fm_tls_pass(tls, FM_TLS_RANDOM);
	fm_tls_pass(tls, fm_tls_read(tls, 1));
	fm_tls_pass(tls, fm_tls_read(tls, 2));
	fm_tls_pass(tls, fm_tls_read(tls, 1));
	if (!tls->left) /* TLS 1.0 needs none */
		return;
	extensions = fm_tls_read(tls, 2);
	if (extensions > tls->left)
		tls->cursor |= tls->cursor & FM_CURSOR_WRONG ? 0 : FM_CURSOR_BAD;
	tls->left = extensions;
}

/* Length of the name << 32 | the cursor at its first byte; length 0: the hello has none;
 * FM_CURSOR_MORE or FM_CURSOR_BAD. */
FM_INLINE __u64 fm_tls_server_name(struct fm_tls *tls)
{
	__u32 length;

	fm_tls_read(tls, 2); /* of the list */
	if (fm_tls_read(tls, 1) != FM_TLS_HOST_NAME)
		return tls->cursor & FM_CURSOR_WRONG;
	length = fm_tls_read(tls, 2);
	if (length > tls->left)
		return FM_CURSOR_BAD;
	return (__u64)length << FM_CURSOR_VALUE | tls->cursor;
}

FM_GLOBAL __u64 fm_find_server_name(__u32 index, __u32 have)
{
	struct fm_tls tls = {.index = index, .have = have, .left = 4};

	fm_tls_open(&tls);
	for (__u32 i = 0; i < FM_TLS_EXTENSIONS && tls.left >= 4; i++) {
		__u32 type, length;

		type = fm_tls_read(&tls, 2);
		length = fm_tls_read(&tls, 2);
		if (tls.cursor & FM_CURSOR_WRONG)
			break;
		if (length > tls.left)
			return FM_CURSOR_BAD;
		if (type == FM_TLS_SERVER_NAME) {
			tls.left = length;
			return length ? fm_tls_server_name(&tls) : 0;
		}
		fm_tls_pass(&tls, length);
	}
	return tls.cursor & FM_CURSOR_WRONG;
}

#endif
