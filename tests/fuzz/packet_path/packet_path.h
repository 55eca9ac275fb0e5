/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The packet path's own parser of headers and reader of ClientHellos, built for this side:
 * the headers of bpf/ with maps in memory, each value an allocation of its own. */
#ifndef FLOWMARK_FUZZ_PACKET_PATH_H
#define FLOWMARK_FUZZ_PACKET_PATH_H

#include <flowmark/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(readability-identifier-naming): C, as in the ABI */

/* What a frame says of itself (bpf/packet.h). */
struct packet_facts {
	__u64 src[2], dst[2];
	__u32 l3, l4;
	__u16 sport, dport, vlan;
	__u8 family, protocol, dscp;
	__u8 has_ports, first_fragment, later_fragment;
	__s32 reason; /* enum fm_reason; -1: it was parsed, and all the above holds */
};

/* Exactly `length` bytes are read of `bytes`, and the mark in them is written. */
struct packet_frame {
	__u8 *bytes;
	__u32 length;
	__u32 raw_ip; /* no link header */
	__s32 tag;    /* beside the frame; -1: none */
};

enum packet_outcome { PACKET_MORE, PACKET_NAME, PACKET_OVER }; /* as enum fm_tls_outcome */

/* NOLINTEND(readability-identifier-naming) */

void packet_parse(const struct packet_frame *frame, struct packet_facts *facts);
/* Parses it, and reads what it says of its flow's name. */
void packet_watch(const struct packet_frame *frame);
/* Parses it, and writes the mark. */
void packet_mark(const struct packet_frame *frame, __u8 dscp);

/* One segment of the connection `owner`. `from`: FM_TLS_FROM_* of bpf/tls.h. */
enum packet_outcome packet_segment(const __u8 *bytes, __u32 length, __u64 owner, __u32 seq,
				   __u32 from);
/* What PACKET_NAME stands for. */
const struct fm_name *packet_name(void);
__u64 packet_name_events(enum fm_name_event event);

#ifdef __cplusplus
}
#endif

#endif
