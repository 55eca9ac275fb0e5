/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The one interface between the packet path and the agent: what the maps hold.
 *
 * Fixed widths, explicit padding, host byte order throughout (the packet path
 * converts at the parse boundary and nowhere else). The agent writes the policy
 * and the interface table; the packet path writes decisions, facts and counters;
 * no value is written by both. A change of any layout here is a new
 * FM_LAYOUT_VERSION.
 */
#ifndef FLOWMARK_ABI_H
#define FLOWMARK_ABI_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <flowmark/conditions.h>
#include <flowmark/dscp.h>
#include <flowmark/limits.h>
#include <flowmark/names.h>
#include <flowmark/reasons.h>

#ifdef __cplusplus
#define FM_ASSERT(cond) static_assert(cond, #cond)
#else
#define FM_ASSERT(cond) _Static_assert(cond, #cond)
#endif

#define FM_LAYOUT_VERSION 1

enum fm_direction { FM_INGRESS = 0, FM_EGRESS = 1, FM_DIRECTIONS = 2 };

/* Indexes of fm_programs, beside the direction. */
#define FM_PROGRAM_FULL 0u
#define FM_PROGRAM_NAMES 2u
#define FM_PROGRAM_COUNT 4u

/* What a packet ends as: a class (0..63), or a reason why it has none. */
#define FM_OUTCOME_REASON FM_MAX_CLASSES
#define FM_OUTCOMES 120
FM_ASSERT((unsigned)FM_OUTCOME_REASON + FM_REASON_COUNT <= FM_OUTCOMES);

/* ---- the policy, written by the agent: what every packet reads in
 * fm_views[generation & 1], what decisions read in fm_policies[generation & 1] ---- */

/* What to do with a packet of one interface, direction and outcome. The agent
 * works out mark:, wash:, trust: and the class's DSCP once, so that the packet
 * path asks nothing. */
struct fm_act {
	__u16 counter; /* index into fm_counters */
	__u8 dscp;     /* to write */
	__u8 flags;    /* FM_ACT_*: 0 for almost every packet, and looked at once */
};
FM_ASSERT(sizeof(struct fm_act) == 4);

#define FM_ACT_KEEP 1u	   /* `dscp` is not to be written */
#define FM_ACT_PRIORITY 2u /* washed: the class goes into skb->priority */
#define FM_ACT_POLICE 4u   /* the class has a rate; ingress only */
#define FM_ACT_SYN 8u	   /* rules look at names: a SYN begins a flow anew */

/* skb->priority of a washed packet, as a tc class handle: f1:<class + 1>. */
#define FM_PRIORITY_BASE 0x00f10001u

#define FM_KEY_IFACE_SHIFT 36 /* of fm_view.iface: slot + 1 where rules tell interfaces apart */

#define FM_VIEW_UNTRUSTED 1u   /* arriving marks match nothing */
#define FM_VIEW_RAW_IP 2u      /* frames begin with the IP header (tun, ppp, wireguard) */
#define FM_VIEW_USES_DSCP 4u   /* some rule looks at marks */
#define FM_VIEW_USES_ROLES 8u  /* some rule asks who opened the flow */
#define FM_VIEW_USES_VLAN 16u  /* some rule looks at VLANs */
#define FM_VIEW_USES_HOSTS 32u /* some rule looks at names */

/* One interface under one policy: all that a packet of a known flow reads of both,
 * its head in a single line of the CPU's cache. */
struct fm_view {
	__u64 seed[FM_SEEDS]; /* secrets of the flows' hash, odd; the same in every view */
	__u64 iface;	      /* the interface's part of a flow's key, in place, or 0 */
	__u32 stamp;	      /* the generation as a remembered decision has it */
	__u32 fast_stamp;     /* the same, with FM_STAMP_NEVER where no entry is a plain hit */
	__u8 cache_shift;     /* 64 - log2(entries of fm_cache) */
	__u8 slot;	      /* of the interface */
	__u8 policy;	      /* the generation's lowest bit */
	__u8 flags;	      /* FM_VIEW_* */
	__u32 max_frame;      /* bytes of the longest frame that is one packet on the wire */
	struct fm_act act[FM_DIRECTIONS][FM_OUTCOMES];
};
FM_ASSERT(sizeof(struct fm_view) == 1024); /* a power of two, for the sake of its address */

/* Row numbers name bitmaps of rules in `rows`; row r begins at word r * stride,
 * with its summary word, then the policy's `words` words. Bit i of word w is
 * rule w * 64 + i, set when the condition does not speak against that rule. */
enum fm_port_role { FM_PORT_EITHER = 0, FM_PORT_CLIENT = 1, FM_PORT_SERVER = 2, FM_PORT_ROLES = 3 };
enum fm_net_role { FM_NET_EITHER = 0, FM_NET_CLIENT = 1, FM_NET_SERVER = 2, FM_NET_ROLES = 3 };

#define FM_ROW_ALL 0u	/* no rule is spoken against */
#define FM_ROW_IFACE 1u /* + interface slot */
#define FM_ROW_FREE (FM_ROW_IFACE + FM_MAX_INTERFACES)

/* fm_policy.net4[address >> 16]: the class of the whole /16, or a reference to a
 * sorted run of 2^log2 entries in the blocks of fm_net4: see bpf/net4.h. */
#define FM_NET4_RUN 0x80000000u
#define FM_NET4_LOG2_SHIFT 26
#define FM_NET4_OFFSET_MASK ((1u << FM_NET4_LOG2_SHIFT) - 1)
#define FM_NET4_BLOCK_ENTRIES 65536u

struct fm_net4_block {
	/* (first address of an interval & 0xffff) << 16 | its class of addresses */
	__u32 entry[FM_NET4_BLOCK_ENTRIES];
};

/* A node of the IPv6 search tree: see bpf/net6.h. */
#define FM_NET6_KEYS 10
struct fm_net6_node {
	__u64 key[FM_NET6_KEYS];   /* first values of intervals, ascending */
	__u32 value[FM_NET6_KEYS]; /* class of addresses, or FM_NET6_TREE | first node */
	__u32 nodes;		   /* of this tree, in its first node */
	__u32 pad;
};
FM_ASSERT(sizeof(struct fm_net6_node) == 128);

#define FM_NET6_TREE 0x80000000u
#define FM_NET6_BLOCK_NODES 2048u
#define FM_NET6_MAX_DEPTH 8 /* 11^7 keys and more */

struct fm_net6_block {
	struct fm_net6_node node[FM_NET6_BLOCK_NODES];
};

/* A class's rate, for its policer. */
struct fm_rate {
	__u64 byte_time; /* of one byte, ns << FM_BYTE_TIME_SHIFT */
	__u64 burst_ns;	 /* what may be ahead of a packet that passes */
};
#define FM_BYTE_TIME_SHIFT 16

struct fm_policy {
	__u32 generation;
	__u32 conditions; /* bit per enum fm_condition that some rule sets */
	__u32 rules;
	__u32 words;	  /* of a row, without its summary */
	__u32 stride;	  /* words + 1 */
	__u32 net_row;	  /* first row of address class 0; a class has FM_NET_ROLES */
	__u32 net6_nodes; /* of the tree over the upper halves; 0: no IPv6 prefixes */
	__u32 default_class;
	__u32 host_row;			     /* first row of names' class 0 */
	__u32 host_log2;		     /* of the buckets in fm_hosts: see bpf/hosts.h */
	struct fm_rate rate[FM_MAX_CLASSES]; /* of classes whose acts say FM_ACT_POLICE */
	__u8 rule_class[FM_MAX_RULES];
	__u16 protocol[256];		  /* row */
	__u16 dscp[FM_DSCP_NONE + 1];	  /* row */
	__u16 no_port[FM_PORT_ROLES];	  /* row of packets that have no ports */
	__u16 vlan[4096];		  /* row; [0] is untagged */
	__u16 port[FM_PORT_ROLES][65536]; /* row */
	__u32 net4[65536];
	__u64 rows[FM_ROW_WORDS];
};
FM_ASSERT(sizeof(struct fm_policy) <= 4u << 20); /* an array element on 5.10 */
FM_ASSERT(sizeof(struct fm_policy) % 8 == 0);

/* ---- interfaces: fm_ifaces, open addressing, written by the agent ---- */

struct fm_iface_cell {
	__u32 ifindex; /* 0: free */
	__u32 slot;
};
FM_ASSERT(sizeof(struct fm_iface_cell) == 8);

/* The kernel counts interfaces up, so their own numbers spread best. */
static inline __attribute__((always_inline)) __u32 fm_iface_home(__u32 ifindex)
{
	return ifindex & (FM_IFACE_CELLS - 1);
}

/* ---- what is remembered of flows, written by the packet path ---- */

/* A remembered decision: tag << 17 | generation << 9 | flags | class. */
#define FM_ENTRY_CLASS 0x3full
#define FM_ENTRY_PENDING 0x40ull  /* goes into fm_exact when both ends have answered */
#define FM_ENTRY_ANSWERED 0x80ull /* the responder has; only together with PENDING */
#define FM_ENTRY_STATE (FM_ENTRY_PENDING | FM_ENTRY_ANSWERED)
#define FM_ENTRY_AWAITS 0x100ull /* a name may still come: its packets are looked into */
#define FM_ENTRY_GENERATION_SHIFT 9
#define FM_ENTRY_GENERATION 0x1fe00ull
#define FM_STAMP_NEVER 0x80u /* a bit that no entry has alone */
#define FM_ENTRY_TAG_SHIFT 17

/* Both directions of a flow. `low` is the end with the lower port (on equal
 * ports, the lower address): the presumed responder. */
struct fm_flow_key {
	__u64 low_addr[2]; /* IPv4: [0] is 0, the address in [1] */
	__u64 high_addr[2];
	__u16 low_port;
	__u16 high_port;
	__u16 vlan; /* outer VLAN id; 0: untagged */
	__u8 protocol;
	__u8 family; /* 4 or 6 */
	__u32 iface; /* slot + 1 where the policy tells interfaces apart, else 0 */
	__u32 pad;
};
FM_ASSERT(sizeof(struct fm_flow_key) == 48);

/* Facts about a flow that its next packet cannot show again. Facts, not
 * decisions: a reload decides again from them. */
struct fm_exact {
	__u8 flags; /* FM_EXACT_* */
	__u8 dscp;  /* the initiator's latest mark, if FM_EXACT_DSCP */
	__u16 pad;
	__u32 pad2;
};
FM_ASSERT(sizeof(struct fm_exact) == 8);

#define FM_EXACT_FLIPPED 1u /* the high end is the responder: seen from the SYN */
#define FM_EXACT_DSCP 2u

struct fm_frag_key {
	__u64 src[2];
	__u64 dst[2];
	__u32 id;
	__u16 vlan;
	__u8 protocol;
	__u8 family;
};
FM_ASSERT(sizeof(struct fm_frag_key) == 40);

/* What the later fragments of a datagram lack. */
struct fm_frag {
	__u16 sport;
	__u16 dport;
	__u8 protocol; /* of the last header; an IPv6 fragment header may name an extension */
	__u8 has_ports;
	__u16 pad;
};
FM_ASSERT(sizeof(struct fm_frag) == 8);

/* For people: what was decided lately. */
struct fm_recent {
	__u64 decided_ns; /* CLOCK_MONOTONIC */
	__u32 generation;
	__u16 rule; /* FM_RULE_DEFAULT: none held */
	__u8 class_index;
	__u8 slot;	/* interface */
	__u8 direction; /* enum fm_direction */
	__u8 flags;	/* FM_EXACT_* as known when it was decided */
	__u8 dscp;	/* the initiator's mark, FM_DSCP_NONE: not known */
	__u8 pad[5];
};
FM_ASSERT(sizeof(struct fm_recent) == 24);

#define FM_RULE_DEFAULT 0xffffu

/* ---- counters, per CPU ---- */

struct fm_count {
	__u64 packets; /* on the wire */
	__u64 bytes;   /* on the wire, from the link header on, without FCS */
};

/* Of one class on one interface. */
struct fm_policer {
	struct bpf_spin_lock lock;
	__u32 pad;
	__u64 drained_ns; /* CLOCK_MONOTONIC: when the bucket will be empty again */
};
FM_ASSERT(sizeof(struct fm_policer) == 16);

/* Apart, so that a packet costs two additions whether its mark changed or not. */
struct fm_counter {
	struct fm_count count[2]; /* [0]: mark left as it was, [1]: DSCP changed */
};
FM_ASSERT(sizeof(struct fm_counter) == 32);

/* Counter 0 takes what no interface slot stands for: it stays at 0 unless an
 * interface is attached that the table does not hold. */
#define FM_COUNTER_LOST 0u

/* Failed updates of the bounded tables, per CPU. */
enum fm_table {
	FM_TABLE_EXACT,
	FM_TABLE_FRAGMENTS,
	FM_TABLE_RECENT,
	FM_TABLE_NAMES,
	FM_TABLE_NEW_NAMES,
	FM_TABLE_COUNT
};

#endif
