// SPDX-License-Identifier: Apache-2.0
// As many frames as one CPU makes, straight into an interface.
//
//   flood INTERFACE MAC ADDRESS4 ADDRESS6 KIND SECONDS MOST [PAYLOADS]
//
// KIND is one of flood_frames.c: each packet has an address, ports, a sequence number or a
// fragment's id of its own, by chance. flows: datagrams of FLOWS flows that stay. Half is
// IPv6; all goes to the address of its family (dns: comes from it), by way of MAC. PAYLOADS
// is a file of what the packets say: for each a length of two bytes, the higher one first,
// and so many bytes. Says "flooding" on stderr when it begins. Ends after SECONDS, MOST frames
// or SIGTERM, but not before a first batch, and prints one JSON object.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "flood_frames.h"

#define BATCH 64
#define LONGEST_PAYLOAD 1432 // with the headers of IPv6, a fragment and TCP in front
#define NS_PER_S 1e9

static volatile sig_atomic_t ended;

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

static void refuse(const char *what)
{
	fprintf(stderr, "flood: %s\n", what);
	exit(2);
}

static int open_wire(const char *interface, uint8_t *frame, const char *to)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
				 .sll_ifindex = (int)if_nametoindex(interface)};
	socklen_t length = sizeof(at);
	int on = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) || getsockname(fd, (void *)&at, &length))
		die(interface);
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)))
		die("PACKET_QDISC_BYPASS");
	if (sscanf(to, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", frame, frame + 1, frame + 2, frame + 3,
		   frame + 4, frame + 5) != 6)
		refuse("no MAC address");
	memcpy(frame + ETHER_ADDR_LEN, at.sll_addr, ETHER_ADDR_LEN);
	return fd;
}

// One more of the file; 0 at its end.
static int read_payload(FILE *file, struct payload *payload)
{
	int high = getc(file), low = getc(file);
	uint8_t *bytes;

	if (high == EOF)
		return 0;
	payload->length = (uint16_t)(high << 8 | low);
	if (low == EOF || payload->length > LONGEST_PAYLOAD || payload->length % 2)
		refuse("a payload is cut, too long or of an odd length");
	bytes = malloc(payload->length);
	if (!bytes || fread(bytes, 1, payload->length, file) != payload->length)
		refuse("a payload is cut");
	payload->bytes = bytes;
	payload->sum = sum_words(bytes, payload->length);
	return 1;
}

static void read_payloads(const char *path, struct plan *plan)
{
	static struct payload payloads[MOST_PAYLOADS];
	FILE *file = fopen(path, "rb");

	if (!file)
		die(path);
	while (plan->payload_count < MOST_PAYLOADS &&
	       read_payload(file, &payloads[plan->payload_count]))
		plan->payload_count++;
	fclose(file);
	plan->payloads = payloads;
}

static struct plan plan_of(char **arguments, const char *payloads)
{
	struct plan plan = {.kind = find_kind(arguments[2])};

	if (!plan.kind || inet_pton(AF_INET, arguments[0], &plan.one4) != 1 ||
	    inet_pton(AF_INET6, arguments[1], &plan.one6) != 1)
		refuse("no such kind, or no addresses");
	if (payloads)
		read_payloads(payloads, &plan);
	if (plan.kind->needs_payloads && !plan.payload_count)
		refuse("this kind needs payloads");
	return plan;
}

static double now(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / NS_PER_S;
}

static void run(int fd, const struct plan *plan, const uint8_t *blank, double seconds,
		uint64_t most)
{
	static uint8_t frames[BATCH][FRAME_BYTES];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	uint64_t made = 0, sent = 0;
	double start;

	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		memcpy(frames[i], blank, ETHER_HDR_LEN);
		parts[i].iov_base = &frames[i];
		messages[i].msg_hdr.msg_iov = &parts[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	fprintf(stderr, "flooding\n");
	start = now(CLOCK_MONOTONIC);
	do {
		int took;

		for (int i = 0; i < BATCH; i++)
			parts[i].iov_len = fill_frame(plan, frames[i], made++);
		took = sendmmsg(fd, messages, BATCH, 0);
		if (took < 0 && errno != ENOBUFS && errno != EINTR)
			die("sendmmsg");
		sent += took > 0 ? (uint64_t)took : 0;
	} while (!ended && made < most && now(CLOCK_MONOTONIC) - start < seconds);
	// The interface hands a frame on within the call, so the processor's time is that of
	// its whole way.
	printf("{\"sent\": %llu, \"seconds\": %.3f, \"cpu_seconds\": %.6f}\n",
	       (unsigned long long)sent, now(CLOCK_MONOTONIC) - start,
	       now(CLOCK_PROCESS_CPUTIME_ID));
}

int main(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = on_end};
	uint8_t blank[ETHER_HDR_LEN] = {0};
	struct plan plan;
	uint64_t seed;

	if (count < 8 || count > 9)
		refuse("see the head of flood.c");
	sigaction(SIGTERM, &action, NULL);
	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		die("getrandom");
	seed_chance(seed);
	plan = plan_of(arguments + 3, arguments[8]);
	run(open_wire(arguments[1], blank, arguments[2]), &plan, blank, atof(arguments[6]),
	    strtoull(arguments[7], NULL, 10));
	return 0;
}
