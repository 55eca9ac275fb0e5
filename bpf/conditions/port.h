/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* port: the row of one end's port; the caller joins both ends'. */
#ifndef FLOWMARK_BPF_CONDITION_PORT_H
#define FLOWMARK_BPF_CONDITION_PORT_H

#include "../facts.h"

FM_INLINE __u32 fm_row_port(const struct fm_policy *policy, const struct fm_facts *facts, int end)
{
	return facts->has_ports ? policy->port[FM_PORT_EITHER][facts->port[end]]
				: policy->no_port[FM_PORT_EITHER];
}

#endif
