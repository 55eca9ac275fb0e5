/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The packet path's own lookups (bpf/net4.h, net6.h, hosts.h, rules.h) over tables in the
 * memory of this process, which may be the kernel's, mapped: the very code, run here.
 * Each thread has tables of its own in use. */
#ifndef FLOWMARK_AGENT_LOOKUP_H
#define FLOWMARK_AGENT_LOOKUP_H

#include <flowmark/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(readability-identifier-naming): C, as in the ABI */
struct fm_lookup_tables {
	const struct fm_policy *policy;
	const struct fm_net4_block *net4; /* as many whole blocks as the runs need */
	const struct fm_net6_block *net6;
	const struct fm_host_block *hosts;
};

struct fm_lookup_facts {
	__u64 client[2], server[2]; /* as in struct fm_pkt */
	__u16 client_port, server_port, vlan, host;
	__u8 family, protocol, dscp, has_ports, slot;
};

/* NOLINTEND(readability-identifier-naming) */

/* All later calls of this thread use `tables`, which must outlive them. */
void host_use_tables(const struct fm_lookup_tables *tables);
__u32 host_net_class(__u8 family, const __u64 *address);
__u32 host_name_class(const struct fm_name *name);
/* The first rule that holds, or FM_RULE_DEFAULT. */
__u32 host_first_rule(const struct fm_lookup_facts *facts);
/* Whether what rule `rule` says of `condition` (enum fm_condition) holds; 1 where it says
 * nothing. */
int host_condition_holds(const struct fm_lookup_facts *facts, __u32 condition, __u32 rule);

/* Where fm_cache remembers an IPv4 TCP flow (addresses and ports in host order). */
__u32 host_cache_index(const struct fm_view *view, __u32 source, __u16 sport, __u32 dest,
		       __u16 dport);

#ifdef __cplusplus
}
#endif

#endif
