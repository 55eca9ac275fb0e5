/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* client: the row of the initiator's address. */
#ifndef FLOWMARK_BPF_CONDITION_CLIENT_H
#define FLOWMARK_BPF_CONDITION_CLIENT_H

#include "../facts.h"

FM_INLINE __u32 fm_row_client(const struct fm_policy *policy, const struct fm_facts *facts, int end)
{
	return policy->net_row + facts->net[FM_CLIENT] * FM_NET_ROLES + FM_NET_CLIENT;
}

#endif
