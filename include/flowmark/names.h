/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Host names as the packet path and the agent keep them, and the hash by which rules
 * find them. The packet path learns names from TLS; the agent from QUIC Initials and DNS
 * answers that the packet path hands it (struct fm_punt), and writes them back.
 */
#ifndef FLOWMARK_NAMES_H
#define FLOWMARK_NAMES_H

#include <linux/bpf.h>
#include <linux/types.h>

/* Where a name came from. The order is the label's in `flows`, replay and metrics. */
enum fm_evidence {
	FM_EVIDENCE_NONE,      /* no name */
	FM_EVIDENCE_SNI,       /* a TLS ClientHello over TCP */
	FM_EVIDENCE_QUIC,      /* a TLS ClientHello in QUIC Initials */
	FM_EVIDENCE_DNS,       /* an answer that this client was given for this address */
	FM_EVIDENCE_OUTER_SNI, /* a provider's public name: ECH hides the real one */
	FM_EVIDENCE_COUNT
};

#define FM_NAME_BYTES 255
/* Hashes kept of a name's suffixes: those of the last so many labels. A rule's suffix
 * has at most so many labels. */
#define FM_NAME_SUFFIXES 16

/* A name: printable ASCII, lower case, without a trailing dot. */
struct fm_name {
	__u8 length;	  /* bytes of text; 0: looked for, and there is none */
	__u8 evidence;	  /* enum fm_evidence */
	__u8 suffixes;	  /* how many of suffix[] hold */
	__u8 from;	  /* FM_NAME_FROM_*: the client, which sent the hello or was given the DNS
			     answer; 0: not known; and FM_NAME_SETTLED, FM_NAME_HEARD */
	__u32 learned_ms; /* CLOCK_MONOTONIC, its lower 32 bits; of a replay: the capture's time */
	__u64 whole;	  /* fm_name_hash of it all */
	__u64 suffix[FM_NAME_SUFFIXES]; /* of "com", "example.com", ...: what may stand after
					   "*." in a rule; never the name itself */
	char text[FM_NAME_BYTES + 1];	/* 0-terminated */
};

#define FM_NAME_FROM_HIGH 1u
#define FM_NAME_FROM_LOW 2u
#define FM_NAME_FROM (FM_NAME_FROM_HIGH | FM_NAME_FROM_LOW)
#define FM_NAME_SETTLED 4u /* the server has answered: it is in fm_names */
#define FM_NAME_HEARD 8u   /* TCP: of a hello, or of what begins with none */

/* The hash of a name, taken from its last byte to its first, so that one walk gives those
 * of all suffixes: start with FM_NAME_HASH_START, fm_name_hash_step() for each byte, then
 * fm_name_hash_end(). Unkeyed: who forges a name needs no collision, he sends the name
 * itself. (FNV-1a's step; the end spreads it over the upper bits.) */
#define FM_NAME_HASH_START 0xcbf29ce484222325ull

static inline __attribute__((always_inline)) __u64 fm_name_hash_step(__u64 hash, __u8 byte)
{
	return (hash ^ byte) * 0x100000001b3ull;
}

static inline __attribute__((always_inline)) __u64 fm_name_hash_end(__u64 hash)
{
	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* What a rule's `*.` in front of a name turns its hash into: the exact name and what is
 * below it are two entries of the table. */
#define FM_NAME_BELOW 0x5bd1e995c2b2ae35ull

/* The policy's names: buckets of eight entries, one line of the CPU's cache each.
 * entry: upper 48 bits of the hash | the class of names (1..65535); 0: free.
 * A name's home is bucket (hash & (buckets - 1)); a full bucket sends it on to the next
 * one, FM_HOST_PROBES of them at most. */
#define FM_HOST_BUCKET 8u
#define FM_HOST_PROBES 8u
#define FM_HOST_CLASS 0xffffull
#define FM_HOST_BLOCK_ENTRIES 8192u
#define FM_MAX_HOSTS 65535u /* classes of names: those that the same rules name */

struct fm_host_block {
	__u64 entry[FM_HOST_BLOCK_ENTRIES];
};

/* What the agent learned from DNS for one client and one address. */
struct fm_binding_key {
	__u64 client[2]; /* IPv4: [0] is 0, the address in [1] */
	__u64 server[2];
};

struct fm_binding {
	__u64 expires_ns;  /* CLOCK_MONOTONIC; of a replay: the capture's time */
	__u64 public_name; /* fm_name_hash of the public name in the record's ech, or 0 */
	struct fm_name name;
};

/* ---- TLS: what is kept of a connection's beginning until its ClientHello is whole ---- */

#define FM_HELLO_WINDOW 8192u /* bytes of a hello, and of what either end says before it */
#define FM_HELLO_CHUNK 1024u  /* copied at once */
#define FM_HELLO_PARTS 8u     /* stretches that do not touch */
#define FM_HELLO_BUFFERS 1024u
#define FM_HELLO_SCRATCH 64u /* beside them: one a CPU, for what comes in one segment */

struct fm_hello_part {
	__u32 from; /* TCP sequence numbers; `to` is the one behind */
	__u32 to;
};

struct fm_hello {
	struct bpf_spin_lock lock; /* of `busy`, and of `owner` where a flow takes it */
	__u32 busy;		   /* a packet is looked at: nobody else's turn */
	__u64 owner;		   /* hash of the flow; 0: free */
	__u64 touched_ns;
	__u32 start;	/* sequence number of the hello's first byte, if FM_HELLO_STARTED */
	__u32 first[2]; /* of what the high end, the low end sent: where it was first seen */
	__u8 flags;	/* FM_HELLO_* */
	__u8 parts;
	__u16 pad;
	struct fm_hello_part part[2 * FM_HELLO_PARTS]; /* ascending; twice, for a mask to do */
	__u8 bytes[FM_HELLO_WINDOW + FM_HELLO_CHUNK];  /* at sequence number % window */
};

#define FM_HELLO_STARTED 1u
#define FM_HELLO_FROM_LOW 2u /* the parts are the low end's */
#define FM_HELLO_SEEN 4u     /* << 1 for the low end: first[] holds */

/* What became of looking for names, per CPU: X(name, label, help). Append only. */
#define FM_NAME_EVENTS(X)                                                                 \
	X(SNI, "sni", "names read from a TLS ClientHello")                                \
	X(OUTER_SNI, "outer_sni", "public names of providers: ECH hides the real one")    \
	X(DNS, "dns", "flows named by what their client was told by DNS")                 \
	X(NO_SNI, "no_sni", "ClientHellos without a name")                                \
	X(BAD_HELLO, "bad_hello", "what began like a ClientHello and was none")           \
	X(LONG_HELLO, "long_hello", "ClientHellos longer than 8 KiB")                     \
	X(INCOMPLETE, "incomplete", "ClientHellos whose rest never came")                 \
	X(GIVEN_UP, "given_up", "TCP flows that said 8 KiB without a ClientHello")        \
	X(NO_BUFFER, "no_buffer", "TCP flows whose beginning found every buffer taken")   \
	X(PARTS, "parts", "segments of a ClientHello in too many separate pieces")        \
	X(PUNTED, "punted", "packets handed to the agent: QUIC Initials and DNS answers") \
	X(NOT_PUNTED, "not_punted", "those that found the ring to the agent full")        \
	X(NOT_KEPT, "not_kept", "names of flows beyond 1,024 in a second: used, not kept")

enum fm_name_event {
#define FM_ENUM(name, label, help) FM_NAME_EVENT_##name,
	FM_NAME_EVENTS(FM_ENUM) FM_NAME_EVENT_COUNT
};
#undef FM_ENUM

/* ---- what the packet path hands to the agent, through the ring buffer fm_punts ---- */

/* FM_PUNT_REST: a later fragment, of what its first one says. */
enum fm_punt_kind { FM_PUNT_QUIC, FM_PUNT_DNS_UDP, FM_PUNT_DNS_TCP, FM_PUNT_REST };

#define FM_PUNT_PAYLOAD 4096u

/* Of struct fm_punt's `fragment`; the rest of it is an offset, a multiple of 8. */
#define FM_PUNT_FRAGMENT 1u
#define FM_PUNT_MORE 2u /* this is not the last one */

struct fm_punt {
	__u64 time_ns; /* CLOCK_MONOTONIC; of a replay: the capture's time */
	__u64 hash;    /* the flow's, by which its remembered decision is found */
	__u64 src[2];  /* of this packet; IPv4: [0] is 0 */
	__u64 dst[2];
	__u16 sport;
	__u16 dport;
	__u16 vlan;
	__u16 length;	/* of payload */
	__u32 seq;	/* TCP: of payload[0]; of a fragment: the datagram's id */
	__u32 iface;	/* as in struct fm_flow_key */
	__u16 datagram; /* bytes of each datagram but the last in a merged one; 0: it is one */
	__u8 kind;	/* enum fm_punt_kind */
	__u8 family;	/* 4 or 6 */
	__u8 protocol;
	__u8 source_is_low;	       /* of struct fm_flow_key */
	__u16 fragment;		       /* 0: it is none; else where payload[0] is in the datagram's
					* payload, | FM_PUNT_* */
	__u8 payload[FM_PUNT_PAYLOAD]; /* `length` bytes are sent */
};

#endif
