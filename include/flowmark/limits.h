/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The bounds of a policy and of what is remembered, shared by the packet path
 * and the agent. Past a bound the agent reports an error; nothing is cut. */
#ifndef FLOWMARK_LIMITS_H
#define FLOWMARK_LIMITS_H

#define FM_MAX_RULES 1024u	    /* rules of one policy */
#define FM_MAX_CLASSES 64u	    /* classes of one policy: six bits in a cache entry */
#define FM_MAX_SET_MEMBERS 1000000u /* over all sets of one policy */
#define FM_MAX_INTERFACES 64u	    /* attached at the same time */

/* A bitmap of rules: one summary word (bit w says that word w is not 0), then
 * as many words as the policy's rules need. */
#define FM_RULES_PER_WORD 64u
#define FM_MAX_RULE_WORDS (FM_MAX_RULES / FM_RULES_PER_WORD)

/* Words of all bitmaps of one policy together: 2 MiB per policy slot. 1,000
 * rules have room for 15,400 different bitmaps, 64 rules for 131,000. */
#define FM_ROW_WORDS (1u << 18)

/* Equivalence classes of addresses: those that the same rules name. */
#define FM_MAX_NETS 65535u

/* Cells of the interface table; 64 of 1,024 keeps probes short. */
#define FM_IFACE_CELLS 1024u
#define FM_IFACE_PROBES 8u

/* Counters of (interface, direction, class or reason); one belongs to its
 * triple for as long as the maps live, so it never moves and never falls. */
#define FM_MAX_COUNTERS 16384u

#define FM_SEEDS 5

#define FM_MAX_VLAN_TAGS 2
#define FM_MAX_EXT_HEADERS 6

/* Defaults of the bounded tables; the agent may size them before loading. */
#define FM_CACHE_ENTRIES 65536u
#define FM_EXACT_ENTRIES 65536u
#define FM_FRAG_ENTRIES 8192u
#define FM_RECENT_ENTRIES 4096u
#define FM_NAME_ENTRIES 16384u
#define FM_NEW_NAME_ENTRIES 8192u /* more than the three kinds of evidence bring in 2 s */
#define FM_BINDING_ENTRIES 16384u
#define FM_PUBLIC_NAME_ENTRIES 4096u
#define FM_NAME_FILTER (1u << 16)
#define FM_PUNT_RING (1u << 20) /* bytes */
#define FM_RECENT_PER_SECOND 1000u
#define FM_NAMED_PER_SECOND (FM_NAME_ENTRIES / 16) /* of each kind of evidence */
#define FM_EXACT_FILTER (1u << 16)

#endif
