/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* host: the row of the name's class. */
#ifndef FLOWMARK_BPF_CONDITION_HOST_H
#define FLOWMARK_BPF_CONDITION_HOST_H

#include "../facts.h"

FM_INLINE __u32 fm_row_host(const struct fm_policy *policy, const struct fm_facts *facts, int end)
{
	return policy->host_row + facts->host;
}

#endif
