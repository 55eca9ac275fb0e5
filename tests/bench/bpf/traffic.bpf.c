// SPDX-License-Identifier: Apache-2.0
// Packets for the programs under test. BPF_PROG_TEST_RUN hands the packet of one
// repeat to the next as the program left it, and a frame of a live run comes back
// from the other end; so both are made anew here, as a packet of the flow whose
// turn it is, before the program under test sees them, unmodified.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <flowmark/dscp.h>

#include "traffic.h"

#define INLINE static __attribute__((always_inline)) inline

#define CLIENTS4 0x0a000000u  // 10.0.0.0/8
#define CLIENT_BITS 0xffffffu // of a flow's number, in the client's address
#define CLIENT_PORTS 0x8000u  // the rest of them in its port

#define NEXT_PROGRAM(name)                             \
	struct {                                       \
		__uint(type, BPF_MAP_TYPE_PROG_ARRAY); \
		__uint(max_entries, 1);                \
		__type(key, __u32);                    \
		__type(value, __u32);                  \
	} name SEC(".maps")

NEXT_PROGRAM(bench_next_tc);
NEXT_PROGRAM(bench_next_xdp);

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, FM_DSCP_NONE + 1);
	__type(key, __u32);
	__type(value, __u64);
} bench_arrived SEC(".maps");

struct bench_plan bench_plan = {};
struct bench_gap bench_gap = {};
__u32 bench_order[BENCH_TURNS] SEC(".data.order");
struct bench_dest bench_dests[BENCH_DESTS] SEC(".data.dests");

INLINE __u32 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

// Stores here are as wide as any load of them may be: a load that needs two stores which are still
// on their way waits for both, as no load of a packet that came from outside does.
INLINE void make4(struct iphdr *ip, __u32 flow, const struct bench_dest *dest)
{
	__u32 source = bpf_htonl(CLIENTS4 | (flow & CLIENT_BITS)), to = dest->word[0];

	ip->tos = 0;
	*(__u64 *)&ip->saddr = (__u64)to << 32 | source;
	ip->check = ~fold(fold(bench_plan.sum) + (source & 0xffff) + (source >> 16) +
			  (to & 0xffff) + (to >> 16));
}

INLINE void make6(struct ipv6hdr *ip, __u32 flow, const struct bench_dest *dest)
{
	__u64 *addresses = (__u64 *)&ip->saddr;
	__u64 *to = (__u64 *)dest;

	*(__u32 *)ip = bpf_htonl(6u << 28);
	addresses[1] = bpf_cpu_to_be64(flow & CLIENT_BITS);
	addresses[2] = to[0];
	addresses[3] = to[1];
}

// 0, or -1 for a frame that ends before its name.
INLINE int write_name(void *data, void *end, __u32 flow)
{
	__u8 *digits = data + (bench_plan.name_at & 0x7ff);
	__u32 number;

	if (!bench_plan.names)
		return 0;
	if (digits + BENCH_DIGITS > (__u8 *)end)
		return -1;
	number = flow % bench_plan.names;
	for (int i = 0; i < BENCH_DIGITS; i++) {
		__u8 digit = number >> (28 - 4 * i) & 15;

		digits[i] = digit + (digit < 10 ? '0' : 'a' - 10);
	}
	return 0;
}

// 0, or -1 for a frame that holds no packet of the plan.
INLINE int make_packet(void *data, void *end)
{
	__u32 flow = bench_plan.turn++;
	struct bench_dest *dest;
	__u32 *ports;

	if (bench_plan.packets == BENCH_AS_IT_IS)
		return 0;
	if (bench_plan.packets == BENCH_FLOWS)
		flow = bench_order[flow & (BENCH_TURNS - 1)];
	dest = &bench_dests[flow & bench_plan.dest_mask & (BENCH_DESTS - 1)];
	data += sizeof(struct ethhdr);
	if (data + sizeof(struct ipv6hdr) + sizeof(*ports) > end)
		return -1;
	if (bench_plan.family == 4) {
		make4(data, flow, dest);
		ports = data + sizeof(struct iphdr);
	} else {
		make6(data, flow, dest);
		ports = data + sizeof(struct ipv6hdr);
	}
	*ports = bpf_htonl((CLIENT_PORTS | flow >> 24) << 16 | BENCH_PORT);
	return write_name(data - sizeof(struct ethhdr), end, flow);
}

SEC("tc")
int bench_drive_tc(struct __sk_buff *skb)
{
	if (make_packet((void *)(long)skb->data, (void *)(long)skb->data_end))
		return TC_ACT_SHOT;
	bpf_tail_call(skb, &bench_next_tc, 0);
	return TC_ACT_SHOT;
}

SEC("xdp")
int bench_drive_xdp(struct xdp_md *xdp)
{
	// What the program left before the packet, too, would be there at its next turn.
	bpf_xdp_adjust_meta(xdp, (int)(xdp->data - xdp->data_meta));
	if (make_packet((void *)(long)xdp->data, (void *)(long)xdp->data_end))
		return XDP_ABORTED;
	bpf_tail_call(xdp, &bench_next_xdp, 0);
	return XDP_ABORTED;
}

// Live frames: out of the device they claim to have come in by.
SEC("xdp")
int bench_inject(struct xdp_md *xdp)
{
	void *data = (void *)(long)xdp->data, *end = (void *)(long)xdp->data_end;

	if (data + BENCH_HEADER > end)
		return XDP_ABORTED;
	__builtin_memcpy(data, bench_plan.header, BENCH_HEADER);
	if (make_packet(data, end))
		return XDP_ABORTED;
	return XDP_TX;
}

INLINE void count_arrived(void *data, void *end)
{
	struct ethhdr *eth = data;
	__u8 *ip = data + sizeof(*eth);
	__u32 dscp = FM_DSCP_NONE;
	__u64 *arrived;

	if (data + sizeof(*eth) + sizeof(struct iphdr) > end)
		return;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		dscp = fm_dscp_get4(ip);
	else if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		dscp = fm_dscp_get6(ip);
	arrived = bpf_map_lookup_elem(&bench_arrived, &dscp);
	if (arrived)
		(*arrived)++;
}

SEC("xdp")
int bench_sink(struct xdp_md *xdp)
{
	count_arrived((void *)(long)xdp->data, (void *)(long)xdp->data_end);
	return XDP_DROP;
}

// Also looks at the clock, which costs as much as all the rest.
SEC("xdp")
int bench_sink_gap(struct xdp_md *xdp)
{
	__u64 now = bpf_ktime_get_ns(), gap = now - bench_gap.last_ns;

	if (bench_gap.last_ns && gap > bench_gap.longest_ns)
		bench_gap.longest_ns = gap;
	bench_gap.last_ns = now;
	count_arrived((void *)(long)xdp->data, (void *)(long)xdp->data_end);
	return XDP_DROP;
}

char _license[] SEC("license") = "Apache-2.0";
