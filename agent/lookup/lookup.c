/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#include "lookup/lookup.h"

#include "facts.h"
#include "flow_key.h"
#include "hosts.h"
#include "net4.h"
#include "net6.h"
#include "rules.h"

static _Thread_local struct fm_lookup_tables tables_in_use;

void *host_lookup(const void *map, const void *key)
{
	const __u32 index = *(const __u32 *)key;

	if (map == &fm_policies)
		return (void *)tables_in_use.policy;
	if (map == &fm_net4)
		return (void *)tables_in_use.net4;
	if (map == &fm_net6)
		return (void *)tables_in_use.net6;
	if (map == &fm_hosts)
		return (void *)tables_in_use.hosts;
	if (map == tables_in_use.net4)
		return (void *)&tables_in_use.net4[index];
	if (map == tables_in_use.hosts)
		return (void *)&tables_in_use.hosts[index];
	return (void *)&tables_in_use.net6[index];
}

void host_use_tables(const struct fm_lookup_tables *tables)
{
	tables_in_use = *tables;
}

__u32 host_net_class(__u8 family, const __u64 *address)
{
	return family == 4 ? fm_net4_class(0, address[1])
			   : fm_net6_class(0, address[0], address[1]);
}

__u32 host_name_class(const struct fm_name *name)
{
	return fm_host_class(0, name);
}

static void fill_facts(const struct fm_lookup_facts *given, struct fm_facts *facts)
{
	*facts = (struct fm_facts){
		.port = {given->server_port, given->client_port},
		.vlan = given->vlan,
		.host = given->host,
		.protocol = given->protocol,
		.dscp = given->dscp,
		.net = {host_net_class(given->family, given->server),
			host_net_class(given->family, given->client)},
		.has_ports = given->has_ports,
		.slot = given->slot,
	};
}

__u32 host_first_rule(const struct fm_lookup_facts *given)
{
	struct fm_facts facts;

	fill_facts(given, &facts);
	return fm_first_rule(0, fm_pack_ends(&facts), fm_pack_rest(&facts));
}

int host_condition_holds(const struct fm_lookup_facts *given, __u32 condition, __u32 rule)
{
	const __u32 word = 1 + rule / FM_RULES_PER_WORD; /* behind the summary */
	struct fm_facts facts;
	struct fm_rows rows;
	__u64 rules;

	fill_facts(given, &facts);
	fm_find_rows(tables_in_use.policy, &facts, &rows);
	rules = fm_row_word(tables_in_use.policy, rows.at[condition][0] + word) |
		fm_row_word(tables_in_use.policy, rows.at[condition][1] + word);
	return rules >> rule % FM_RULES_PER_WORD & 1;
}

__u32 host_cache_index(const struct fm_view *view, __u32 source, __u16 sport, __u32 dest,
		       __u16 dport)
{
	struct fm_pkt pkt = {
		.src = {0, source},
		.dst = {0, dest},
		.sport = sport,
		.dport = dport,
		.protocol = IPPROTO_TCP,
		.family = 4,
	};

	return fm_cache_index(view, fm_hash(view, &pkt));
}
