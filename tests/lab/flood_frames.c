// SPDX-License-Identifier: Apache-2.0
#include "flood_frames.h"

#include <arpa/inet.h>
#include <endian.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#define FLOWS 64
#define FLOW_PORT 7000
#define TTL 64
#define SHORT_PAYLOAD 18  // the shortest that fills an Ethernet frame
#define FRAGMENT_BYTES 8u // what offsets count

// Ends that no router takes for a martian: 128.0.0.0/2, and 64 bits of a /48. `to_many`
// needs routes there.
#define MANY4 0x80000000u
#define MANY4_BITS 0x3fffffffu
#define ONE_SENDER 1
static const uint8_t many6[6] = {0x20, 0x01, 0x0d, 0xb8, 0xba, 0xd0};

static const uint8_t zeros[SHORT_PAYLOAD];
static const struct payload no_payload = {.bytes = zeros};
static const struct payload short_payload = {.bytes = zeros, .length = SHORT_PAYLOAD};

static const struct kind kinds[] = {
	{.name = "syn", .protocol = IPPROTO_TCP, .tcp_flags = TH_SYN},
	{.name = "udp", .protocol = IPPROTO_UDP},
	{.name = "ports", .protocol = IPPROTO_UDP, .one_sender = 1},
	{.name = "flows", .protocol = IPPROTO_UDP, .dport = FLOW_PORT, .stays = 1},
	{.name = "hello",
	 .protocol = IPPROTO_TCP,
	 .tcp_flags = TH_PUSH | TH_ACK,
	 .dport = 443,
	 .needs_payloads = 1},
	{.name = "quic", .protocol = IPPROTO_UDP, .dport = 443, .needs_payloads = 1},
	{.name = "fragments",
	 .protocol = IPPROTO_UDP,
	 .dport = 443,
	 .fragments = 1,
	 .needs_payloads = 1},
	{.name = "dns", .protocol = IPPROTO_UDP, .sport = 53, .to_many = 1, .needs_payloads = 1},
};

// What differs from one packet, or flow, to the next.
struct chance {
	uint64_t ports; // and the sequence number
	uint64_t ends, id;
};

// A piece of a datagram, or the whole.
struct piece {
	uint16_t at, length; // of header and payload; what is in this packet
	uint8_t more;
};

static uint64_t state;

void seed_chance(uint64_t seed)
{
	state = seed;
}

// splitmix64
static uint64_t mixed(uint64_t value)
{
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ value >> 27) * 0x94d049bb133111ebull;
	return value ^ value >> 31;
}

static uint64_t next_chance(void)
{
	return mixed(state += 0x9e3779b97f4a7c15ull);
}

const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

// RFC 1071.
uint32_t sum_words(const void *bytes, size_t length)
{
	uint32_t sum = 0;
	uint16_t word;

	for (size_t i = 0; i + 1 < length; i += sizeof(word)) {
		memcpy(&word, (const uint8_t *)bytes + i, sizeof(word));
		sum += word;
	}
	return sum;
}

static uint16_t folded(uint32_t value)
{
	value = (value & 0xffff) + (value >> 16);
	value = (value & 0xffff) + (value >> 16);
	return (uint16_t)~value;
}

static size_t fill_tcp(const struct kind *kind, uint8_t *l4, uint64_t random, uint32_t sum)
{
	struct tcphdr tcp = {.source = (uint16_t)random,
			     .dest = kind->dport ? htons(kind->dport) : (uint16_t)(random >> 16),
			     .seq = (uint32_t)(random >> 32),
			     .doff = sizeof(tcp) / 4,
			     .window = 0xffff};

	tcp.th_flags = kind->tcp_flags;
	tcp.check = folded(sum + sum_words(&tcp, sizeof(tcp)));
	memcpy(l4, &tcp, sizeof(tcp));
	return sizeof(tcp);
}

static size_t fill_udp(const struct kind *kind, uint8_t *l4, uint64_t random, uint16_t length,
		       uint32_t sum)
{
	struct udphdr udp = {.source = kind->sport ? htons(kind->sport) : (uint16_t)random,
			     .dest = kind->dport ? htons(kind->dport) : (uint16_t)(random >> 16),
			     .len = htons(length)};

	udp.check = folded(sum + sum_words(&udp, sizeof(udp)));
	memcpy(l4, &udp, sizeof(udp));
	return sizeof(udp);
}

static uint16_t l4_length(const struct plan *plan, const struct payload *payload)
{
	size_t header = plan->kind->protocol == IPPROTO_TCP ? sizeof(struct tcphdr)
							    : sizeof(struct udphdr);

	return (uint16_t)(header + payload->length);
}

// Header and payload; of fragments `piece` of them.
static size_t fill_l4(const struct plan *plan, uint8_t *l4, const struct payload *payload,
		      const struct piece *piece, const struct chance *chance, uint32_t addresses)
{
	const struct kind *kind = plan->kind;
	uint16_t length = l4_length(plan, payload);
	uint32_t sum = addresses + htons(kind->protocol) + htons(length) + payload->sum;
	size_t header = sizeof(struct udphdr);

	if (piece->at) {
		memcpy(l4, payload->bytes + piece->at - header, piece->length);
		return piece->length;
	}
	header = kind->protocol == IPPROTO_TCP ? fill_tcp(kind, l4, chance->ports, sum)
					       : fill_udp(kind, l4, chance->ports, length, sum);
	memcpy(l4 + header, payload->bytes, piece->length - header);
	return piece->length;
}

static size_t fill4(const struct plan *plan, uint8_t *frame, const struct payload *payload,
		    const struct piece *piece, const struct chance *chance)
{
	uint32_t many = htonl(MANY4 | ((uint32_t)chance->ends & MANY4_BITS));
	uint32_t one = plan->one4.s_addr;
	struct iphdr ip = {.version = 4,
			   .ihl = sizeof(ip) / 4,
			   .tot_len = htons((uint16_t)(sizeof(ip) + piece->length)),
			   .id = (uint16_t)chance->id,
			   .frag_off = htons((uint16_t)((piece->more ? IP_MF : 0) |
							piece->at / FRAGMENT_BYTES)),
			   .ttl = TTL,
			   .protocol = plan->kind->protocol,
			   .saddr = plan->kind->to_many ? one : many,
			   .daddr = plan->kind->to_many ? many : one};

	ip.check = folded(sum_words(&ip, sizeof(ip)));
	memcpy(frame, &ip, sizeof(ip));
	return sizeof(ip) + fill_l4(plan, frame + sizeof(ip), payload, piece, chance,
				    sum_words(&ip.saddr, 2 * sizeof(ip.saddr)));
}

static size_t fill_fragment6(const struct plan *plan, uint8_t *header, const struct piece *piece,
			     const struct chance *chance)
{
	struct ip6_frag fragment = {.ip6f_nxt = plan->kind->protocol,
				    .ip6f_ident = (uint32_t)chance->id};

	if (!plan->kind->fragments)
		return 0;
	fragment.ip6f_offlg = htons((uint16_t)(piece->at | piece->more));
	memcpy(header, &fragment, sizeof(fragment));
	return sizeof(fragment);
}

static struct in6_addr many_of(const struct chance *chance)
{
	struct in6_addr many = {0};
	uint64_t ends = htobe64(chance->ends);

	memcpy(many.s6_addr, many6, sizeof(many6));
	memcpy(many.s6_addr + sizeof(many) - sizeof(ends), &ends, sizeof(ends));
	return many;
}

static size_t fill6(const struct plan *plan, uint8_t *frame, const struct payload *payload,
		    const struct piece *piece, const struct chance *chance)
{
	struct in6_addr many = many_of(chance);
	struct ip6_hdr ip = {.ip6_flow = htonl(6u << 28),
			     .ip6_src = plan->kind->to_many ? plan->one6 : many,
			     .ip6_dst = plan->kind->to_many ? many : plan->one6};
	size_t header = sizeof(ip) + fill_fragment6(plan, frame + sizeof(ip), piece, chance);

	ip.ip6_plen = htons((uint16_t)(header - sizeof(ip) + piece->length));
	ip.ip6_nxt = plan->kind->fragments ? IPPROTO_FRAGMENT : plan->kind->protocol;
	ip.ip6_hlim = TTL;
	memcpy(frame, &ip, sizeof(ip));
	return header + fill_l4(plan, frame + header, payload, piece, chance,
				sum_words(&ip.ip6_src, 2 * sizeof(ip.ip6_src)));
}

static const struct payload *payload_of(const struct plan *plan, uint64_t number)
{
	if (plan->payload_count)
		return &plan->payloads[number % plan->payload_count];
	return plan->kind->protocol == IPPROTO_UDP ? &short_payload : &no_payload;
}

// Of fragments a first one, or a rest, each of a datagram of its own.
static struct piece piece_of(const struct plan *plan, const struct payload *payload,
			     uint64_t number)
{
	struct piece piece = {.length = l4_length(plan, payload)};
	uint16_t cut = piece.length / 2 & (uint16_t) ~(FRAGMENT_BYTES - 1);

	if (!plan->kind->fragments)
		return piece;
	if (number / 2 % 2)
		return (struct piece){.at = cut, .length = (uint16_t)(piece.length - cut)};
	return (struct piece){.length = cut, .more = 1};
}

static struct chance chance_of(const struct kind *kind, uint64_t number)
{
	uint64_t flow = number % FLOWS + 1;
	struct chance chance = {.ports = kind->stays ? mixed(flow) : next_chance(),
				.ends = kind->stays ? mixed(~flow) : next_chance()};

	chance.id = mixed(chance.ends);
	if (kind->one_sender)
		chance.ends = ONE_SENDER;
	return chance;
}

size_t fill_frame(const struct plan *plan, uint8_t *frame, uint64_t number)
{
	struct chance chance = chance_of(plan->kind, number);
	const struct payload *payload = payload_of(plan, number / 2);
	struct piece piece = piece_of(plan, payload, number);
	uint16_t type = htons(number % 2 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	uint8_t *ip = frame + ETHER_HDR_LEN;

	memcpy(ip - sizeof(type), &type, sizeof(type));
	return ETHER_HDR_LEN + (number % 2 ? fill6(plan, ip, payload, &piece, &chance)
					   : fill4(plan, ip, payload, &piece, &chance));
}
