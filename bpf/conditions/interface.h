/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* interface: the row of the interface. Each slot has its own, so that the agent can bind
 * an interface that appears without touching the rest of the policy. */
#ifndef FLOWMARK_BPF_CONDITION_INTERFACE_H
#define FLOWMARK_BPF_CONDITION_INTERFACE_H

#include "../facts.h"

FM_INLINE __u32 fm_row_interface(const struct fm_policy *policy, const struct fm_facts *facts,
				 int end)
{
	return FM_ROW_IFACE + (facts->slot & (FM_MAX_INTERFACES - 1));
}

#endif
