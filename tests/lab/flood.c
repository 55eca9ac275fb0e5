// SPDX-License-Identifier: Apache-2.0
// As many frames as one CPU makes, straight into an interface.
//
//   flood INTERFACE MAC ADDRESS4 ADDRESS6 syn|udp|flows SECONDS MOST
//
// syn, udp: each packet has a source address, ports and a sequence number of its
// own, by chance. flows: datagrams of FLOWS flows that stay. Half is IPv6; all goes to
// the address of its family, by way of MAC. Ends after SECONDS, MOST frames or SIGTERM
// and prints one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define FLOWS 64
#define FLOW_PORT 7000
#define TTL 64
#define UDP_PAYLOAD 18 // the shortest that fills an Ethernet frame
#define NS_PER_S 1e9

// Sources that no router takes for a martian: 128.0.0.0/2, and 80 bits of a /48.
#define SOURCE4 0x80000000u
#define SOURCE4_BITS 0x3fffffffu
static const uint8_t source6[6] = {0x20, 0x01, 0x0d, 0xb8, 0xba, 0xd0};

struct frame {
	struct {
		uint8_t to[6], from[6];
		uint16_t type;
	} __attribute__((packed)) ethernet;
	union {
		struct {
			struct iphdr ip;
			uint8_t l4[sizeof(struct tcphdr) + UDP_PAYLOAD];
		} __attribute__((packed)) v4;
		struct {
			struct ip6_hdr ip;
			uint8_t l4[sizeof(struct tcphdr) + UDP_PAYLOAD];
		} __attribute__((packed)) v6;
	};
} __attribute__((packed));

struct plan {
	struct in_addr to4;
	struct in6_addr to6;
	uint8_t protocol;
	uint16_t l4_length;
	int flows; // the same ones again, rather than new ones
};

static volatile sig_atomic_t ended;
static uint64_t seed;

static void on_end(int number)
{
	(void)number;
	ended = 1;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

// splitmix64
static uint64_t mixed(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ value >> 27) * 0x94d049bb133111ebull;
	return value ^ value >> 31;
}

static uint64_t chance(void)
{
	return mixed(seed += 0x9e3779b97f4a7c15ull);
}

// RFC 1071, over an even number of bytes.
static uint32_t sum(const void *bytes, size_t length, uint32_t so_far)
{
	uint16_t word;

	for (size_t i = 0; i < length; i += sizeof(word)) {
		memcpy(&word, (const uint8_t *)bytes + i, sizeof(word));
		so_far += word;
	}
	return so_far;
}

static uint16_t folded(uint32_t value)
{
	value = (value & 0xffff) + (value >> 16);
	value = (value & 0xffff) + (value >> 16);
	return (uint16_t)~value;
}

static void fill_tcp(uint8_t *l4, uint64_t random, uint32_t pseudo)
{
	struct tcphdr tcp = {.source = (uint16_t)random,
			     .dest = (uint16_t)(random >> 16),
			     .seq = (uint32_t)(random >> 32),
			     .doff = sizeof(tcp) / 4,
			     .syn = 1,
			     .window = 0xffff};

	tcp.check = folded(sum(&tcp, sizeof(tcp), pseudo));
	memcpy(l4, &tcp, sizeof(tcp));
}

static void fill_udp(uint8_t *l4, uint16_t source, uint16_t dest, uint32_t pseudo)
{
	struct udphdr udp = {
		.source = source, .dest = dest, .len = htons(sizeof(udp) + UDP_PAYLOAD)};

	udp.check = folded(sum(&udp, sizeof(udp), pseudo));
	memcpy(l4, &udp, sizeof(udp));
}

static void fill_l4(const struct plan *plan, uint8_t *l4, uint64_t random, uint32_t addresses)
{
	uint32_t pseudo = addresses + htons(plan->protocol) + htons(plan->l4_length);

	if (plan->protocol == IPPROTO_TCP)
		fill_tcp(l4, random, pseudo);
	else if (plan->flows)
		fill_udp(l4, (uint16_t)random, htons(FLOW_PORT), pseudo);
	else
		fill_udp(l4, (uint16_t)random, (uint16_t)(random >> 16), pseudo);
}

// `random` and `more` are the packet's own, or the flow's.
static size_t fill4(const struct plan *plan, struct frame *frame, uint64_t random, uint64_t more)
{
	struct iphdr ip = {.version = 4,
			   .ihl = sizeof(ip) / 4,
			   .tot_len = htons((uint16_t)(sizeof(ip) + plan->l4_length)),
			   .ttl = TTL,
			   .protocol = plan->protocol,
			   .saddr = htonl(SOURCE4 | ((uint32_t)more & SOURCE4_BITS)),
			   .daddr = plan->to4.s_addr};

	ip.check = folded(sum(&ip, sizeof(ip), 0));
	frame->ethernet.type = htons(ETHERTYPE_IP);
	frame->v4.ip = ip;
	fill_l4(plan, frame->v4.l4, random, sum(&ip.saddr, 2 * sizeof(ip.saddr), 0));
	return sizeof(frame->ethernet) + sizeof(ip) + plan->l4_length;
}

static size_t fill6(const struct plan *plan, struct frame *frame, uint64_t random, uint64_t more)
{
	struct ip6_hdr ip = {.ip6_flow = htonl(6u << 28), .ip6_dst = plan->to6};

	ip.ip6_plen = htons(plan->l4_length);
	ip.ip6_nxt = plan->protocol;
	ip.ip6_hlim = TTL;
	memcpy(ip.ip6_src.s6_addr, source6, sizeof(source6));
	memcpy(ip.ip6_src.s6_addr + sizeof(source6), &random, 2);
	memcpy(ip.ip6_src.s6_addr + sizeof(source6) + 2, &more, sizeof(more));
	frame->ethernet.type = htons(ETHERTYPE_IPV6);
	frame->v6.ip = ip;
	fill_l4(plan, frame->v6.l4, random, sum(&ip.ip6_src, 2 * sizeof(ip.ip6_src), 0));
	return sizeof(frame->ethernet) + sizeof(ip) + plan->l4_length;
}

static size_t fill(const struct plan *plan, struct frame *frame, uint64_t number)
{
	uint64_t flow = number % FLOWS + 1;
	uint64_t random = plan->flows ? mixed(flow) : chance();
	uint64_t more = plan->flows ? mixed(~flow) : chance();

	return number % 2 ? fill6(plan, frame, random, more) : fill4(plan, frame, random, more);
}

static int open_wire(const char *interface, struct frame *frame, const char *to)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(interface)};
	socklen_t length = sizeof(at);
	int on = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);
	uint8_t *mac = frame->ethernet.to;

	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) || getsockname(fd, (void *)&at, &length))
		die(interface);
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)))
		die("PACKET_QDISC_BYPASS");
	memcpy(frame->ethernet.from, at.sll_addr, sizeof(frame->ethernet.from));
	if (sscanf(to, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4,
		   mac + 5) != 6)
		die("MAC");
	return fd;
}

static struct plan plan_of(char **arguments)
{
	int tcp = !strcmp(arguments[2], "syn");
	struct plan plan = {.protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP,
			    .l4_length = tcp ? sizeof(struct tcphdr)
					     : sizeof(struct udphdr) + UDP_PAYLOAD,
			    .flows = !strcmp(arguments[2], "flows")};

	if (inet_pton(AF_INET, arguments[0], &plan.to4) != 1 ||
	    inet_pton(AF_INET6, arguments[1], &plan.to6) != 1)
		die("inet_pton");
	return plan;
}

static double now(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / NS_PER_S;
}

static void run(int fd, const struct plan *plan, const struct frame *blank, double seconds,
		uint64_t most)
{
	static struct frame frames[BATCH];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	uint64_t made = 0, sent = 0;
	double start = now(CLOCK_MONOTONIC);

	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		frames[i] = *blank;
		parts[i].iov_base = &frames[i];
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (!ended && made < most && now(CLOCK_MONOTONIC) - start < seconds) {
		int took;

		for (int i = 0; i < BATCH; i++)
			parts[i].iov_len = fill(plan, &frames[i], made++);
		took = sendmmsg(fd, messages, BATCH, 0);
		if (took < 0 && errno != ENOBUFS && errno != EINTR)
			die("sendmmsg");
		sent += took > 0 ? (uint64_t)took : 0;
	}
	// The interface hands a frame on within the call, so the processor's time is that of
	// its whole way.
	printf("{\"sent\": %llu, \"seconds\": %.3f, \"cpu_seconds\": %.6f}\n",
	       (unsigned long long)sent, now(CLOCK_MONOTONIC) - start,
	       now(CLOCK_PROCESS_CPUTIME_ID));
}

int main(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = on_end};
	struct frame blank = {0};
	struct plan plan;

	if (count != 8) {
		fprintf(stderr, "usage: see the head of flood.c\n");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		die("getrandom");
	plan = plan_of(arguments + 3);
	run(open_wire(arguments[1], &blank, arguments[2]), &plan, &blank, atof(arguments[6]),
	    strtoull(arguments[7], NULL, 10));
	return 0;
}
