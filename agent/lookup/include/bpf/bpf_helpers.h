/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Stands in for libbpf's header where the packet path's headers are built for the
 * host: the map declarations become plain variables whose address names the map. */
#ifndef FLOWMARK_AGENT_LOOKUP_BPF_HELPERS_H
#define FLOWMARK_AGENT_LOOKUP_BPF_HELPERS_H

#define SEC(name)
#define __uint(name, val) int name
#define __type(name, val) __typeof__(val) *name
#define __array(name, val) __typeof__(val) *name

/* Provided by lookup.c: map is the address of the declaration, or what a lookup in
 * a map of maps returned. */
void *host_lookup(const void *map, const void *key);
#define bpf_map_lookup_elem(map, key) host_lookup(map, key)

#endif
