/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stands in for libbpf's header where the packet path's headers are built for a fuzzer: a
 * map's declaration says what it is, as it does to libbpf, and tables.cc answers for it. */
#ifndef FLOWMARK_FUZZ_BPF_HELPERS_H
#define FLOWMARK_FUZZ_BPF_HELPERS_H

#include <linux/types.h>

#define SEC(name)
#define __uint(name, val) int(*name)[val]
#define __type(name, val) __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name

/* What is read of a packet's context, with pointers that are as wide as they are here. */
struct host_skb {
	__u32 len;
	__u32 gso_size;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 protocol;
	unsigned long data;
	unsigned long data_end;
};
#define __sk_buff host_skb

struct host_map {
	const void *map;
	__u32 type;
	__u32 max_entries;
	__u32 key_size;
	__u32 value_size;
};

#define HOST_NUMBER(map, field) (sizeof(*(map)->field) / sizeof(int))
#define HOST_MAP(at)                                                                         \
	(&(const struct host_map){(at), HOST_NUMBER(at, type), HOST_NUMBER(at, max_entries), \
				  sizeof(*(at)->key), sizeof(*(at)->value)})

#define bpf_map_lookup_elem(map, at) host_lookup(HOST_MAP(map), (at))
#define bpf_map_update_elem(map, at, what, flags) host_update(HOST_MAP(map), (at), (what))
#define bpf_map_delete_elem(map, at) host_delete(HOST_MAP(map), (at))
#define bpf_ringbuf_output(ring, what, size, flags) host_punted((what), (size))
#define bpf_skb_load_bytes host_load_bytes
#define bpf_ktime_get_ns host_now
#define bpf_get_smp_processor_id() 0
#define bpf_csum_update(skb, sum) ((void)(skb), (void)(sum))
/* One thread. */
#define bpf_spin_lock(lock) ((void)(lock))
#define bpf_spin_unlock(lock) ((void)(lock))

#ifdef __cplusplus
extern "C" {
#endif

void *host_lookup(const struct host_map *map, const void *key);
long host_update(const struct host_map *map, const void *key, const void *value);
long host_delete(const struct host_map *map, const void *key);
long host_punted(const void *bytes, __u64 size);
long host_load_bytes(const struct host_skb *skb, __u32 offset, void *to, __u32 length);
__u64 host_now(void);

#ifdef __cplusplus
}
#endif

#endif
