/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The time by which things expire: CLOCK_MONOTONIC, or a replayed capture's. */
#ifndef FLOWMARK_BPF_CLOCK_H
#define FLOWMARK_BPF_CLOCK_H

#include "maps.h"

#define FM_NS_PER_MS 1000000ull
#define FM_NS_PER_SECOND 1000000000ull

FM_INLINE __u64 fm_now(void)
{
	return fm_replay ? fm_replay_ns : bpf_ktime_get_ns();
}

#endif
