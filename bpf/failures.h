/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What is counted beside packets: a bounded table that refused an entry, which is never
 * fatal, and what became of looking for names. */
#ifndef FLOWMARK_BPF_FAILURES_H
#define FLOWMARK_BPF_FAILURES_H

#include "maps.h"

FM_INLINE void fm_count_name_event(__u32 event)
{
	__u64 *count = bpf_map_lookup_elem(&fm_name_events, &event);

	if (count)
		(*count)++;
}

FM_INLINE void fm_count_failure(__u32 table)
{
	__u64 *count = bpf_map_lookup_elem(&fm_failures, &table);

	if (count)
		(*count)++;
}

#endif
