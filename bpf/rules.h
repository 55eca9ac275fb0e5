/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The first rule that holds: one row per condition, AND, lowest set bit (bit
 * vectors: Lakshman & Stiliadis, SIGCOMM 1998). A row's summary says which of its
 * words are not 0, so only words that can match are read (Baboescu & Varghese,
 * SIGCOMM 2001). A condition that no rule sets has the row of all rules. */
#ifndef FLOWMARK_BPF_RULES_H
#define FLOWMARK_BPF_RULES_H

#include "bits.h"
#include "conditions/address.h"
#include "conditions/client.h"
#include "conditions/client_port.h"
#include "conditions/dscp.h"
#include "conditions/host.h"
#include "conditions/interface.h"
#include "conditions/port.h"
#include "conditions/protocol.h"
#include "conditions/server.h"
#include "conditions/server_port.h"
#include "conditions/vlan.h"

struct fm_rows {
	__u32 at[FM_COND_COUNT][2]; /* first word of each end's row; ONE: both the same */
};

#define FM_ENDS_ONE 0
#define FM_ENDS_EITHER 1

/* A condition that no rule of this policy sets costs a bit test. */
#define FM_FIND_ROW(name, ends, help)                                                             \
	rows->at[FM_COND_##name][0] = rows->at[FM_COND_##name][1] = 0;                            \
	if (policy->conditions & 1u << FM_COND_##name) {                                          \
		rows->at[FM_COND_##name][0] = fm_row_##name(policy, facts, FM_SERVER) *           \
					      policy->stride;                                     \
		rows->at[FM_COND_##name][1] = FM_ENDS_##ends                                      \
						      ? fm_row_##name(policy, facts, FM_CLIENT) * \
								policy->stride                    \
						      : rows->at[FM_COND_##name][0];              \
	}

FM_INLINE void fm_find_rows(const struct fm_policy *policy, const struct fm_facts *facts,
			    struct fm_rows *rows)
{
	FM_CONDITIONS(FM_FIND_ROW)
}

FM_INLINE __u64 fm_row_word(const struct fm_policy *policy, __u64 at)
{
	FM_MASK(at, FM_ROW_WORDS - 1);
	return policy->rows[at];
}

/* Word `word` (0: the summaries) of all rows together. The row of all rules, which a
 * policy without conditions has alone, ends the search. */
FM_INLINE __u64 fm_and_rows(const struct fm_policy *policy, const struct fm_rows *rows, __u32 word)
{
	__u64 rules = fm_row_word(policy, FM_ROW_ALL + word);
	__u32 conditions = policy->conditions;

#define FM_AND_ROW(name, ends, help)                                                               \
	if (conditions & 1u << FM_COND_##name)                                                     \
		rules &= FM_ENDS_##ends                                                            \
				 ? fm_row_word(policy, rows->at[FM_COND_##name][0] + word) |       \
					   fm_row_word(policy, rows->at[FM_COND_##name][1] + word) \
				 : fm_row_word(policy, rows->at[FM_COND_##name][0] + word);
	FM_CONDITIONS(FM_AND_ROW)
#undef FM_AND_ROW
	return rules;
}

FM_INLINE __u32 fm_search_rules(const struct fm_policy *policy, const struct fm_rows *rows)
{
	__u64 words = fm_and_rows(policy, rows, 0);

	for (__u32 i = 0; i < FM_MAX_RULE_WORDS && words; i++) {
		__u32 word = fm_lowest_bit(words);
		__u64 rules = fm_and_rows(policy, rows, word + 1);

		if (rules)
			return word * FM_RULES_PER_WORD + fm_lowest_bit(rules);
		words &= words - 1;
	}
	return FM_RULE_DEFAULT;
}

/* FM_RULE_DEFAULT if none holds. Global for the verifier's sake, as in net4.h;
 * the facts travel as scalars (facts.h). */
FM_GLOBAL int fm_first_rule(__u32 slot, __u64 ends, __u64 rest)
{
	const struct fm_policy *policy = bpf_map_lookup_elem(&fm_policies, &slot);
	struct fm_facts facts;
	struct fm_rows rows;

	if (!policy)
		return FM_RULE_DEFAULT;
	fm_unpack_facts(ends, rest, &facts);
	fm_find_rows(policy, &facts, &rows);
	return fm_search_rules(policy, &rows);
}

#endif
