/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#include "packet_path.h"

#include "mark.h"
#include "parse.h"
#include "watch.h"

static const struct fm_view view = {
	.seed = {0x9e3779b97f4a7c15ull, 0xc2b2ae3d27d4eb4full, 0x165667b19e3779f9ull,
		 0x27d4eb2f165667c5ull, 0x85ebca77c2b2ae63ull},
	.flags = FM_VIEW_USES_HOSTS,
};

static struct __sk_buff context_of(const struct packet_frame *frame)
{
	return (struct __sk_buff){
		.len = frame->length,
		.vlan_present = frame->tag >= 0,
		.vlan_tci = frame->tag >= 0 ? (__u32)frame->tag : 0,
		.vlan_proto = frame->tag >= 0 ? ETH_P_8021Q : 0,
		.data = (unsigned long)frame->bytes,
		.data_end = (unsigned long)(frame->bytes + frame->length),
	};
}

void packet_parse(const struct packet_frame *frame, struct packet_facts *facts)
{
	struct __sk_buff skb = context_of(frame);
	struct fm_pkt pkt = {};
	int status = fm_parse(&skb, frame->raw_ip, &pkt);

	*facts = (struct packet_facts){
		.src = {pkt.src[0], pkt.src[1]},
		.dst = {pkt.dst[0], pkt.dst[1]},
		.l3 = pkt.l3,
		.l4 = pkt.l4,
		.sport = pkt.sport,
		.dport = pkt.dport,
		.vlan = pkt.vlan,
		.family = pkt.family,
		.protocol = pkt.protocol,
		.dscp = pkt.dscp,
		.has_ports = !!(pkt.flags & FM_PKT_PORTS),
		.first_fragment = !!(pkt.flags & FM_PKT_FIRST_FRAG),
		.later_fragment = !!(pkt.flags & FM_PKT_LATER_FRAG),
		.reason = status,
	};
}

void packet_watch(const struct packet_frame *frame)
{
	struct __sk_buff skb = context_of(frame);
	struct fm_place place = {};
	struct fm_pkt pkt = {};
	int status = fm_parse(&skb, frame->raw_ip, &pkt);

	if (status == FM_REASON_FRAGMENT && fm_may_hold_rest(&view, &pkt))
		fm_watch_rest(&skb, &pkt, &place);
	if (status != FM_PARSED || !fm_may_name(&view, &pkt))
		return;
	place.hash = fm_hash(&view, &pkt);
	place.low = fm_source_is_low(&pkt);
	fm_watch_packet(&skb, &pkt, &place, 1);
}

void packet_mark(const struct packet_frame *frame, __u8 dscp)
{
	struct __sk_buff skb = context_of(frame);
	struct fm_pkt pkt = {};
	struct fm_found found;

	if (fm_parse(&skb, frame->raw_ip, &pkt) != FM_PARSED)
		return;
	found = (struct fm_found){.l3 = pkt.l3, .family = pkt.family};
	fm_mark(&skb, &found, dscp, 1);
}

enum packet_outcome packet_segment(const __u8 *bytes, __u32 length, __u64 owner, __u32 seq,
				   __u32 from)
{
	struct __sk_buff skb = {
		.len = length,
		.data = (unsigned long)bytes,
		.data_end = (unsigned long)(bytes + length),
	};

	return (enum packet_outcome)fm_tls_segment(&skb, owner, (__u64)length << 32, seq, from);
}

const struct fm_name *packet_name(void)
{
	return fm_name_draft();
}

__u64 packet_name_events(enum fm_name_event event)
{
	__u32 index = event;
	const __u64 *count = bpf_map_lookup_elem(&fm_name_events, &index);

	return count ? *count : 0;
}
