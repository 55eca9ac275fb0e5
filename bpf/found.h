/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FLOWMARK_BPF_FOUND_H
#define FLOWMARK_BPF_FOUND_H

#include "prelude.h"

/* What finding a packet's class leaves for marking and accounting. */
struct fm_found {
	__u32 outcome; /* a class, or FM_OUTCOME_REASON + why there is none */
	__u32 l3;
	__u32 l4;
	__u8 family;
	__u8 protocol;
};

#endif
