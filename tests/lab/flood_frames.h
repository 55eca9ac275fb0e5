// SPDX-License-Identifier: Apache-2.0
// The frames of a flood: what each kind of it says, IPv4 and IPv6 by turns.
#ifndef FLOOD_FRAMES_H
#define FLOOD_FRAMES_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_BYTES 1522
#define MOST_PAYLOADS 65536

struct payload {
	const uint8_t *bytes;
	uint16_t length; // even, or the checksums are wrong
	uint32_t sum;	 // of 16-bit words, not folded
};

struct kind {
	const char *name;
	uint8_t protocol;
	uint8_t tcp_flags;     // as the header's byte has them
	uint16_t sport, dport; // 0: by chance
	uint8_t stays;	       // the same flows again, rather than new ones
	uint8_t one_sender;    // the ports are all that differs
	uint8_t to_many;       // the receivers are the ones that differ, not the senders
	uint8_t fragments;     // first ones and rests, of datagrams that are never whole
	uint8_t needs_payloads;
};

struct plan {
	const struct kind *kind;
	struct in_addr one4; // where it goes; of `to_many`: where it comes from
	struct in6_addr one6;
	const struct payload *payloads; // by turns
	size_t payload_count;
};

// NULL: there is none of that name.
const struct kind *find_kind(const char *name);
// Of an even number of bytes, for payloads.
uint32_t sum_words(const void *bytes, size_t length);
void seed_chance(uint64_t seed);
// Writes what follows the MAC addresses of frame number `number`; its length. `frame` has
// FRAME_BYTES.
size_t fill_frame(const struct plan *plan, uint8_t *frame, uint64_t number);

#endif
