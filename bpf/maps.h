/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Every map of the packet path, and who writes it. Names keep to 15 characters,
 * all that the kernel stores. Sizes marked * are set by the agent before load. */
#ifndef FLOWMARK_BPF_MAPS_H
#define FLOWMARK_BPF_MAPS_H

#include "prelude.h"

/* -- written by the agent -- */

/* What decisions read of two policies, one of them live. A plain array of two: the lookup is
 * inlined, the agent fills the idle one through mmap, and one large value per policy makes every
 * table in it a load without a call. (design.md says map-in-map; that costs another dependent load
 * per packet and buys nothing for tables of fixed size. The prefix tables, whose size varies, are
 * map-in-map below.) */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct fm_policy);
} fm_policies SEC(".maps");

struct fm_net4_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct fm_net4_block)); /* __type(value): clang prunes it */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct fm_net4_inner);
} fm_net4 SEC(".maps");

struct fm_net6_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct fm_net6_block)); /* __type(value): clang prunes it */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct fm_net6_inner);
} fm_net6 SEC(".maps");

struct fm_hosts_inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_INNER_MAP | BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct fm_host_block)); /* __type(value): clang prunes it */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct fm_hosts_inner);
} fm_hosts SEC(".maps");

/* The full programs, by direction, for what the fast way leaves; and those that look for
 * names, from FM_PROGRAM_NAMES on. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, FM_PROGRAM_COUNT);
	__type(key, __u32);
	__type(value, __u32);
} fm_programs SEC(".maps");

/* -- written by the packet path -- */

/* Remembered decisions. Direct-mapped, shared by all CPUs, one aligned store, no
 * lock; may forget at any time. * */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FM_CACHE_ENTRIES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} fm_cache SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FM_EXACT_ENTRIES);
	__type(key, struct fm_flow_key);
	__type(value, struct fm_exact);
} fm_exact SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FM_FRAG_ENTRIES);
	__type(key, struct fm_frag_key);
	__type(value, struct fm_frag);
} fm_frags SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FM_RECENT_ENTRIES);
	__type(key, struct fm_flow_key);
	__type(value, struct fm_recent);
} fm_recent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FM_MAX_COUNTERS);
	__type(key, __u32);
	__type(value, struct fm_counter);
} fm_counters SEC(".maps");

/* What policers dropped, by the counter of the act. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FM_MAX_COUNTERS);
	__type(key, __u32);
	__type(value, struct fm_count);
} fm_drops SEC(".maps");

/* By interface slot * FM_MAX_CLASSES + class. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FM_MAX_INTERFACES *FM_MAX_CLASSES);
	__type(key, __u32);
	__type(value, struct fm_policer);
} fm_policers SEC(".maps");

/* Connections that may still show a ClientHello, by the flow's hash; the last
 * FM_HELLO_SCRATCH are the CPUs' own. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, FM_HELLO_BUFFERS + FM_HELLO_SCRATCH);
	__type(key, __u32);
	__type(value, struct fm_hello);
} fm_hellos SEC(".maps");

/* The name of a flow, once its server has answered. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FM_NAME_ENTRIES);
	__type(key, struct fm_flow_key);
	__type(value, struct fm_name);
} fm_names SEC(".maps");

/* Until then, from the packet path or from the agent (QUIC): whoever makes up addresses fills
 * this one and not the other. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FM_NEW_NAME_ENTRIES);
	__type(key, struct fm_flow_key);
	__type(value, struct fm_name);
} fm_new_names SEC(".maps");

/* Written by the agent: what DNS answers said. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FM_BINDING_ENTRIES);
	__type(key, struct fm_binding_key);
	__type(value, struct fm_binding);
} fm_bindings SEC(".maps");

/* Written by the agent: hashes of the names that stand for others under ECH. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FM_PUBLIC_NAME_ENTRIES);
	__type(key, __u64);
	__type(value, __u8);
} fm_public_names SEC(".maps");

/* To the agent: QUIC Initials and DNS answers. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, FM_PUNT_RING);
} fm_punts SEC(".maps");

/* Where a name is put together, and where what is punted is. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fm_name);
} fm_name_work SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fm_punt);
} fm_punt_work SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FM_NAME_EVENT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} fm_name_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FM_TABLE_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} fm_failures SEC(".maps");

/* -- global data: an address the verifier knows, so not even an inlined lookup -- */

/* What every packet reads. */
struct fm_view fm_views[2][FM_MAX_INTERFACES] SEC(".data.views");
struct fm_iface_cell fm_ifaces[FM_IFACE_CELLS] SEC(".data.ifaces");

/* The generation in force; the agent stores it when a policy is staged. */
volatile __u32 fm_generation = 0;

/* By interface slot: the index of the interface whose XDP notes tc has seen arrive. */
volatile __u32 fm_xdp_proven[FM_MAX_INTERFACES] = {};

/* 1 where a flow with that hash may be in fm_exact: spares the lookup in an LRU
 * on the way of almost every new flow. A byte each, so that CPUs do not race. */
__u8 fm_exact_seen[FM_EXACT_FILTER];

/* The same for both tables of names, set by the agent too; and 1 once DNS has said anything. */
__u8 fm_name_seen[FM_NAME_FILTER];
volatile __u32 fm_has_bindings = 0;

/* In a replay the clock is the capture's. */
const volatile __u32 fm_replay = 0;
volatile __u64 fm_replay_ns = 0;

/* Second (of jiffies) and inserts in it: the rate bound of fm_recent. Racy
 * between CPUs, which bends the bound and breaks nothing. */
volatile __u64 fm_recent_second = 0;
volatile __u32 fm_recent_count = 0;

/* The same for names of flows, by enum fm_named_by. */
volatile __u64 fm_named_window[2] = {};
volatile __u32 fm_named_count[2] = {};

#endif
