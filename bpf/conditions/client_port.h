/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* client_port: the row of the initiator's port. */
#ifndef FLOWMARK_BPF_CONDITION_CLIENT_PORT_H
#define FLOWMARK_BPF_CONDITION_CLIENT_PORT_H

#include "../facts.h"

FM_INLINE __u32 fm_row_client_port(const struct fm_policy *policy, const struct fm_facts *facts,
				   int end)
{
	return facts->has_ports ? policy->port[FM_PORT_CLIENT][facts->port[FM_CLIENT]]
				: policy->no_port[FM_PORT_CLIENT];
}

#endif
