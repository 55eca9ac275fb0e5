// SPDX-License-Identifier: Apache-2.0
// The least that a classifier and marker can be: yardsticks, not for use. Each
// parses, finds the class in its own way, counts, and writes the DSCP.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include <flowmark/dscp.h>

#define INLINE static __attribute__((always_inline)) inline
#define CLASSES 16
#define SIGNATURES 65536u // 512 KiB

struct flow_key {
	__u8 source[16], dest[16];
	__u32 ports; // as they lie in the packet
	__u32 protocol;
};

struct count {
	__u64 packets, bytes;
};

struct packet {
	__u8 *ip;
	__u32 family, length;
	struct flow_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); // set before it is loaded
	__type(key, struct flow_key);
	__type(value, __u64);
} floor_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SIGNATURES);
	__type(key, __u32);
	__type(value, __u64); // 48 bits of tag, 8 of generation, 8 of class
} floor_cache SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CLASSES);
	__type(key, __u32);
	__type(value, struct count);
} floor_counts SEC(".maps");

__u8 floor_ports[65536] SEC(".data.ports"); // the class of a port, 0: none
__u8 floor_dscps[CLASSES] SEC(".data.dscps");
const volatile __u64 floor_secret[6] = {1, 1, 1, 1, 1, 1};
volatile __u32 floor_generation = 1;

INLINE int parse4(struct iphdr *ip, void *end, struct packet *packet)
{
	__u32 *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > end || ip->ihl != 5 || ip->frag_off & bpf_htons(0x3fff))
		return -1;
	packet->ip = (void *)ip;
	packet->family = 4;
	packet->key.protocol = ip->protocol;
	packet->key.ports = *ports;
	__builtin_memset(packet->key.source, 0, 32);
	__builtin_memcpy(packet->key.source, &ip->saddr, 4);
	__builtin_memcpy(packet->key.dest, &ip->daddr, 4);
	return 0;
}

INLINE int parse6(struct ipv6hdr *ip, void *end, struct packet *packet)
{
	__u32 *ports = (void *)(ip + 1);

	if ((void *)(ports + 1) > end)
		return -1;
	packet->ip = (void *)ip;
	packet->family = 6;
	packet->key.protocol = ip->nexthdr;
	packet->key.ports = *ports;
	__builtin_memcpy(packet->key.source, &ip->saddr, 16);
	__builtin_memcpy(packet->key.dest, &ip->daddr, 16);
	return 0;
}

INLINE int parse(void *data, void *end, __u32 length, struct packet *packet)
{
	struct ethhdr *eth = data;
	int failed = -1;

	if ((void *)(eth + 1) > end)
		return -1;
	packet->length = length;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		failed = parse4((void *)(eth + 1), end, packet);
	else if (eth->h_proto == bpf_htons(ETH_P_IPV6))
		failed = parse6((void *)(eth + 1), end, packet);
	if (failed)
		return -1;
	return packet->key.protocol == IPPROTO_TCP || packet->key.protocol == IPPROTO_UDP ? 0 : -1;
}

// The destination's port, else the source's.
INLINE __u32 class_of_ports(__u32 ports)
{
	__u32 class = floor_ports[bpf_ntohs(ports >> 16)];

	return class ? class : floor_ports[bpf_ntohs(ports & 0xffff)];
}

INLINE int finish(struct packet *packet, __u32 class)
{
	struct count *count = bpf_map_lookup_elem(&floor_counts, &class);
	__u8 dscp = floor_dscps[class & (CLASSES - 1)];

	if (count) {
		count->packets++;
		count->bytes += packet->length;
	}
	if (packet->family == 4)
		fm_dscp_set4(packet->ip, dscp);
	else
		fm_dscp_set6(packet->ip, dscp);
	return 0;
}

INLINE int nothing(void *data, void *end, __u32 length)
{
	return 0;
}

INLINE int by_ports(void *data, void *end, __u32 length)
{
	struct packet packet;

	if (parse(data, end, length, &packet))
		return 0;
	return finish(&packet, class_of_ports(packet.key.ports));
}

INLINE int by_lru(void *data, void *end, __u32 length)
{
	struct packet packet;
	__u64 *known, class;

	if (parse(data, end, length, &packet))
		return 0;
	known = bpf_map_lookup_elem(&floor_flows, &packet.key);
	if (known)
		return finish(&packet, *known);
	class = class_of_ports(packet.key.ports);
	bpf_map_update_elem(&floor_flows, &packet.key, &class, BPF_ANY);
	return finish(&packet, class);
}

INLINE __u64 hash4(const struct flow_key *key)
{
	__u64 hash = *(__u32 *)key->source * floor_secret[0];

	hash += *(__u32 *)key->dest * floor_secret[1];
	return hash + ((__u64)key->ports << 8 ^ key->protocol) * floor_secret[2];
}

INLINE __u64 hash6(const struct flow_key *key)
{
	__u64 *source = (__u64 *)key->source, *dest = (__u64 *)key->dest;
	__u64 hash = (source[0] ^ source[1] >> 32) * floor_secret[0] + source[1] * floor_secret[1];

	hash ^= (dest[0] ^ dest[1] >> 32) * floor_secret[3] + dest[1] * floor_secret[4];
	return hash + ((__u64)key->ports << 8 ^ key->protocol) * floor_secret[2];
}

INLINE int by_signature(void *data, void *end, __u32 length)
{
	__u64 hash, tag, class, *entry;
	struct packet packet;
	__u32 index;

	if (parse(data, end, length, &packet))
		return 0;
	hash = packet.family == 4 ? hash4(&packet.key) : hash6(&packet.key);
	hash ^= hash >> 32;
	hash *= floor_secret[5];
	tag = hash << 16 | (floor_generation & 0xff) << 8;
	index = hash >> 40 & (SIGNATURES - 1);
	entry = bpf_map_lookup_elem(&floor_cache, &index);
	if (!entry)
		return 0;
	class = *entry ^ tag;
	if (class >> 8) {
		class = class_of_ports(packet.key.ports);
		*(volatile __u64 *)entry = tag | class;
	}
	return finish(&packet, class);
}

#define FLOOR(name)                                                                   \
	SEC("tc") int floor_##name##_tc(struct __sk_buff *skb)                        \
	{                                                                             \
		name((void *)(long)skb->data, (void *)(long)skb->data_end, skb->len); \
		return TC_ACT_UNSPEC;                                                 \
	}                                                                             \
	SEC("xdp") int floor_##name##_xdp(struct xdp_md *xdp)                         \
	{                                                                             \
		name((void *)(long)xdp->data, (void *)(long)xdp->data_end,            \
		     xdp->data_end - xdp->data);                                      \
		return XDP_PASS;                                                      \
	}

FLOOR(nothing)
FLOOR(by_ports)
FLOOR(by_lru)
FLOOR(by_signature)

char _license[] SEC("license") = "Apache-2.0";
