/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* dscp: the row of the initiator's mark. FM_DSCP_NONE speaks against every rule that
 * names a mark. */
#ifndef FLOWMARK_BPF_CONDITION_DSCP_H
#define FLOWMARK_BPF_CONDITION_DSCP_H

#include "../facts.h"

FM_INLINE __u32 fm_row_dscp(const struct fm_policy *policy, const struct fm_facts *facts, int end)
{
	return policy->dscp[facts->dscp <= FM_DSCP_NONE ? facts->dscp : FM_DSCP_NONE];
}

#endif
