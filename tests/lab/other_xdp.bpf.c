// SPDX-License-Identifier: Apache-2.0
/* An XDP program of somebody else. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int other_xdp(struct xdp_md *ctx)
{
	return XDP_PASS;
}
