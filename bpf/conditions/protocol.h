/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* protocol: the row of the IP protocol. */
#ifndef FLOWMARK_BPF_CONDITION_PROTOCOL_H
#define FLOWMARK_BPF_CONDITION_PROTOCOL_H

#include "../facts.h"

FM_INLINE __u32 fm_row_protocol(const struct fm_policy *policy, const struct fm_facts *facts,
				int end)
{
	return policy->protocol[facts->protocol];
}

#endif
