/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* server_port: the row of the responder's port. */
#ifndef FLOWMARK_BPF_CONDITION_SERVER_PORT_H
#define FLOWMARK_BPF_CONDITION_SERVER_PORT_H

#include "../facts.h"

FM_INLINE __u32 fm_row_server_port(const struct fm_policy *policy, const struct fm_facts *facts,
				   int end)
{
	return facts->has_ports ? policy->port[FM_PORT_SERVER][facts->port[FM_SERVER]]
				: policy->no_port[FM_PORT_SERVER];
}

#endif
