/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#ifndef FLOWMARK_BPF_HOSTS_H
#define FLOWMARK_BPF_HOSTS_H

#include "maps.h"

FM_INLINE __u32 fm_host_class(__u32 slot, const struct fm_name *name)
{
	return (slot + name->whole) & 1;
}

#endif
