// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* An XDP program of somebody else. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int other_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}
