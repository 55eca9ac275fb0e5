/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* address: the row of one end's address; the caller joins both ends'. */
#ifndef FLOWMARK_BPF_CONDITION_ADDRESS_H
#define FLOWMARK_BPF_CONDITION_ADDRESS_H

#include "../facts.h"

FM_INLINE __u32 fm_row_address(const struct fm_policy *policy, const struct fm_facts *facts,
			       int end)
{
	return policy->net_row + facts->net[end] * FM_NET_ROLES + FM_NET_EITHER;
}

#endif
