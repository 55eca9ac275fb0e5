/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* vlan: the row of the outer VLAN id; 0 is untagged. */
#ifndef FLOWMARK_BPF_CONDITION_VLAN_H
#define FLOWMARK_BPF_CONDITION_VLAN_H

#include "../facts.h"

FM_INLINE __u32 fm_row_vlan(const struct fm_policy *policy, const struct fm_facts *facts, int end)
{
	return policy->vlan[facts->vlan & 0xfff];
}

#endif
