// SPDX-License-Identifier: Apache-2.0
// Many numbered datagrams at an even rate, and what became of them.
//
//   udp_blast send ADDRESS4 ADDRESS6 PORT FLOWS PACKETS_PER_SECOND
//   udp_blast receive PORT [FILE]
//
// Both run until SIGTERM and then print one JSON object; of the sender "longest_gap" is how long,
// in seconds, it had no CPU at most. Half of the flows use IPv4. Each datagram carries its
// number, counted over all flows. The receiver also says from which number on all were marked:
// "first_marked" and "last_unmarked", -1 for none. It says "ready" when it listens and "receiving"
// when the first datagram is there. A FILE tells it at the end how many there are: a machine that
// stalls delays some, and loses none.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_FLOWS 1024
#define MAX_NUMBER (1u << 28)
#define PAYLOAD 64
#define RECEIVE_BUFFER (256 << 20) // for what comes while this process gets no CPU
#define NS_PER_S 1000000000ll
#define NS_PER_MS 1000000ll
#define TICK_NS NS_PER_MS
#define QUIET_MS 300	  // after the end: what is still on its way
#define PATIENCE_MS 20000 // the same, while some that were sent are not there

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

static int open_flow(const char *address, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int is4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
	int fd = socket(is4 ? AF_INET : AF_INET6, SOCK_DGRAM, 0);

	if (!is4 && inet_pton(AF_INET6, address, &v6.sin6_addr) != 1)
		die("inet_pton");
	if (fd < 0 || connect(fd, is4 ? (void *)&v4 : (void *)&v6, is4 ? sizeof(v4) : sizeof(v6)))
		die("connect");
	return fd;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sleep_until(int64_t ns)
{
	struct timespec at = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static int send_all(char **arguments)
{
	uint16_t port = (uint16_t)atoi(arguments[2]);
	unsigned flows = (unsigned)atoi(arguments[3]);
	int64_t rate = atoll(arguments[4]);
	int flow[MAX_FLOWS];
	uint64_t payload[PAYLOAD / sizeof(uint64_t)] = {0};
	uint64_t sent = 0, refused = 0;
	int64_t start, tick, last, awake, longest = 0;

	if (flows == 0 || flows > MAX_FLOWS || rate <= 0)
		die("arguments");
	for (unsigned i = 0; i < flows; i++)
		flow[i] = open_flow(arguments[i % 2], port);
	start = tick = last = now_ns();
	while (!ended && sent < MAX_NUMBER) {
		uint64_t due = (uint64_t)((tick - start) * rate / NS_PER_S);

		for (; sent < due; sent++) {
			payload[0] = sent;
			if (send(flow[sent % flows], payload, sizeof(payload), 0) != PAYLOAD)
				refused++;
		}
		sleep_until(tick += TICK_NS);
		awake = now_ns();
		longest = awake - last > longest ? awake - last : longest;
		last = awake;
	}
	printf("{\"sent\": %llu, \"refused\": %llu, \"seconds\": %.3f, \"longest_gap\": %.3f}\n",
	       (unsigned long long)sent, (unsigned long long)refused,
	       (double)(now_ns() - start) / NS_PER_S, (double)longest / NS_PER_S);
	return 0;
}

static int open_receiver(int family, uint16_t port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int is4 = family == AF_INET, size = RECEIVE_BUFFER, on = 1;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0)
		die("socket");
	if (!is4 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		die("IPV6_V6ONLY");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		die("SO_RCVBUFFORCE");
	if (setsockopt(fd, is4 ? IPPROTO_IP : IPPROTO_IPV6, is4 ? IP_RECVTOS : IPV6_RECVTCLASS, &on,
		       sizeof(on)))
		die("IP_RECVTOS");
	if (bind(fd, is4 ? (void *)&v4 : (void *)&v6, is4 ? sizeof(v4) : sizeof(v6)))
		die("bind");
	return fd;
}

struct seen {
	uint8_t *number; // a bit each
	uint64_t packets, doubled, dscp[64];
	int64_t first_marked, last_unmarked; // numbers; -1: none
};

static void note_mark(struct seen *seen, int64_t number, unsigned dscp)
{
	seen->dscp[dscp]++;
	if (dscp == 0 && number > seen->last_unmarked)
		seen->last_unmarked = number;
	if (dscp != 0 && (seen->first_marked < 0 || number < seen->first_marked))
		seen->first_marked = number;
}

// IP_TOS comes as a byte, IPV6_TCLASS as an int.
static unsigned tos_of(struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		int tclass;

		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			return *(uint8_t *)CMSG_DATA(c);
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
			memcpy(&tclass, CMSG_DATA(c), sizeof(tclass));
			return (unsigned)tclass;
		}
	}
	fprintf(stderr, "a datagram without its TOS\n");
	exit(1);
}

// Returns 0 when nothing waits.
static int receive_one(int fd, struct seen *seen)
{
	uint64_t payload[PAYLOAD / sizeof(uint64_t)];
	uint64_t control[16];
	struct iovec part = {payload, sizeof(payload)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	uint8_t bit;

	if (recvmsg(fd, &message, 0) != PAYLOAD || payload[0] >= MAX_NUMBER)
		return 0;
	bit = (uint8_t)(1 << payload[0] % 8);
	seen->doubled += (seen->number[payload[0] / 8] & bit) != 0;
	seen->number[payload[0] / 8] |= bit;
	seen->packets++;
	note_mark(seen, (int64_t)payload[0], tos_of(&message) >> 2);
	return 1;
}

static void say(const char *word)
{
	printf("%s\n", word);
	fflush(stdout);
}

static void receive_waiting(struct pollfd *wait, struct seen *seen)
{
	int first = seen->packets == 0;

	for (int i = 0; i < 2; i++)
		while (receive_one(wait[i].fd, seen))
			;
	if (first && seen->packets > 0)
		say("receiving");
}

// How many there are, by the file; 0 if there is none.
static uint64_t told(const char *path)
{
	FILE *file = path ? fopen(path, "r") : NULL;
	unsigned long long total = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &total) != 1)
		total = 0;
	fclose(file);
	return total;
}

static int64_t patience_ns(const struct seen *seen, const char *path)
{
	return (seen->packets - seen->doubled < told(path) ? PATIENCE_MS : QUIET_MS) * NS_PER_MS;
}

// The time is taken before each look, so that a stall between the two ends nothing.
static void receive_until_end(struct pollfd *wait, struct seen *seen, const char *path)
{
	int64_t looked = now_ns(), last = looked;

	while (!ended || looked - last < patience_ns(seen, path)) {
		int found;

		looked = now_ns();
		found = poll(wait, 2, 100) > 0;
		if (found)
			receive_waiting(wait, seen);
		if (found || !ended)
			last = now_ns();
	}
}

static void print_seen(const struct seen *seen)
{
	const char *separator = "";

	printf("{\"packets\": %llu, \"doubled\": %llu, \"first_marked\": %lld, "
	       "\"last_unmarked\": %lld, \"dscp\": {",
	       (unsigned long long)seen->packets, (unsigned long long)seen->doubled,
	       (long long)seen->first_marked, (long long)seen->last_unmarked);
	for (int i = 0; i < 64; i++)
		if (seen->dscp[i]) {
			printf("%s\"%d\": %llu", separator, i, (unsigned long long)seen->dscp[i]);
			separator = ", ";
		}
	printf("}}\n");
}

static int receive_all(char **arguments)
{
	uint16_t port = (uint16_t)atoi(arguments[0]);
	struct pollfd wait[2] = {{open_receiver(AF_INET, port), POLLIN, 0},
				 {open_receiver(AF_INET6, port), POLLIN, 0}};
	struct seen seen = {
		.number = calloc(MAX_NUMBER / 8, 1), .first_marked = -1, .last_unmarked = -1};

	if (!seen.number)
		die("calloc");
	say("ready");
	receive_until_end(wait, &seen, arguments[1]);
	print_seen(&seen);
	return 0;
}

int main(int count, char **arguments)
{
	struct sigaction action = {.sa_handler = on_end};

	sigaction(SIGTERM, &action, NULL);
	if (count == 7 && !strcmp(arguments[1], "send"))
		return send_all(arguments + 2);
	if ((count == 3 || count == 4) && !strcmp(arguments[1], "receive"))
		return receive_all(arguments + 2);
	fprintf(stderr, "usage: see the head of udp_blast.c\n");
	return 2;
}
