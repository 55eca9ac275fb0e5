/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A bounded table that refused an entry: counted, never fatal. */
#ifndef FLOWMARK_BPF_FAILURES_H
#define FLOWMARK_BPF_FAILURES_H

#include "maps.h"

FM_INLINE void fm_count_failure(__u32 table)
{
	__u64 *count = bpf_map_lookup_elem(&fm_failures, &table);

	if (count)
		(*count)++;
}

#endif
