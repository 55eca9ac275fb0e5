// SPDX-License-Identifier: Apache-2.0
// What the traffic programs and those who fill their tables agree on.
#pragma once

#include <linux/types.h>

#define BENCH_TURNS (1u << 20) // packets until the order of flows begins again
#define BENCH_DESTS (1u << 16)
#define BENCH_PORT 443	// that all packets go to
#define BENCH_HEADER 40 // bytes that a live frame gets anew: Ethernet and most of IP

#define BENCH_NAME "n00000000.example.com" // the digits are the name's number, in hexadecimal
#define BENCH_DIGITS 8

enum bench_packets {
	BENCH_FLOWS,	 // the flows of bench_order, over and over
	BENCH_NEW_FLOWS, // every packet a flow that was not there before
	BENCH_AS_IT_IS,	 // the frame that was handed in
};

struct bench_plan {
	__u32 packets; // enum bench_packets
	__u32 family;  // 4 or 6
	__u32 dest_mask;
	__u32 sum;     // of the IPv4 header without TOS, checksum and addresses
	__u32 names;   // that hellos ask for by turns; 0: the packets have none
	__u32 name_at; // where the eight digits of a hello's name are
	__u64 turn;
	__u64 header[BENCH_HEADER / 8];
};

// Network order; an IPv4 address is in the first four bytes.
struct bench_dest {
	__u32 word[4];
} __attribute__((aligned(8)));

// What the sink saw, besides the DSCPs.
struct bench_gap {
	__u64 last_ns;
	__u64 longest_ns;
};
