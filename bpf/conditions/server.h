/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* server: the row of the responder's address. */
#ifndef FLOWMARK_BPF_CONDITION_SERVER_H
#define FLOWMARK_BPF_CONDITION_SERVER_H

#include "../facts.h"

FM_INLINE __u32 fm_row_server(const struct fm_policy *policy, const struct fm_facts *facts, int end)
{
	return policy->net_row + facts->net[FM_SERVER] * FM_NET_ROLES + FM_NET_SERVER;
}

#endif
