// SPDX-License-Identifier: Apache-2.0
#include "names/name_learner.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "names/name.h"

namespace flowmark {

namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kNamedWindowNs = 1000 * kNsPerMs;

template <std::size_t N>
AddressWords words_of(const __u64 (&address)[N])
{
	static_assert(N == 2);
	return {address[0], address[1]};
}

fm_flow_key key_of(const fm_punt &punt)
{
	fm_flow_key key{};
	const bool low = punt.source_is_low != 0;
	std::copy_n(low ? punt.src : punt.dst, 2, key.low_addr);
	std::copy_n(low ? punt.dst : punt.src, 2, key.high_addr);
	key.low_port = low ? punt.sport : punt.dport;
	key.high_port = low ? punt.dport : punt.sport;
	key.vlan = punt.vlan;
	key.protocol = punt.protocol;
	key.family = punt.family;
	key.iface = punt.iface;
	return key;
}

fm_binding_key binding_key(const fm_punt &punt)
{
	fm_binding_key key{};
	std::copy_n(punt.src, 2, key.client);
	std::copy_n(punt.dst, 2, key.server);
	return key;
}

void count(std::atomic<std::uint64_t> &counter)
{
	counter.fetch_add(1, std::memory_order_relaxed);
}

} // namespace

Result<NameLearner> NameLearner::open(NameSink &sink, const BindingLimits &limits)
{
	auto quic = QuicReader::open();
	if (!quic)
		return quic.error();
	return NameLearner(sink, std::move(*quic), limits);
}

void NameLearner::take(std::span<const std::uint8_t> record, NameCounts &counts)
{
	constexpr std::size_t kHead = offsetof(fm_punt, payload);
	fm_punt punt{};
	if (record.size() < kHead)
		return count(counts.malformed);
	std::memcpy(&punt, record.data(), kHead);
	const Bytes payload = record.subspan(kHead);
	if (punt.length > payload.size())
		return count(counts.malformed);
	if (punt.fragment == 0)
		return take_payload(punt, payload.first(punt.length), counts);
	if (const auto whole = datagrams_.take(punt, payload.first(punt.length)))
		take_payload(whole->first, whole->payload, counts);
}

void NameLearner::take_payload(const fm_punt &punt, Bytes payload, NameCounts &counts)
{
	switch (punt.kind) {
	case FM_PUNT_QUIC:
		return take_quic(punt, payload, counts);
	case FM_PUNT_DNS_UDP:
		return take_dns(punt, payload, counts);
	case FM_PUNT_DNS_TCP:
		return take_dns_segment(punt, payload, counts);
	default:
		return count(counts.malformed);
	}
}

// Merged datagrams are of one size but for the last.
void NameLearner::take_quic(const fm_punt &punt, Bytes payload, NameCounts &counts)
{
	const QuicFlow flow{words_of(punt.src), words_of(punt.dst), punt.sport, punt.dport,
			    punt.vlan};
	const std::size_t size = punt.datagram != 0 ? punt.datagram : payload.size();
	while (!payload.empty()) {
		const Bytes datagram = payload.first(std::min(size, payload.size()));
		payload = payload.subspan(datagram.size());
		const QuicOutcome outcome = quic_.feed(flow, datagram,
						       std::chrono::nanoseconds(punt.time_ns));
		if (outcome.kind == QuicOutcome::Kind::name) {
			count(counts.quic_names);
			if (may_name(punt.time_ns))
				name_flow(punt, outcome.name);
			else
				count(counts.quic_not_kept);
		} else if (outcome.kind == QuicOutcome::Kind::no_name) {
			count(counts.quic_no_names);
		} else if (outcome.kind == QuicOutcome::Kind::failed) {
			count(counts.quic_failures[static_cast<std::size_t>(outcome.reason)]);
		}
	}
}

bool NameLearner::may_name(std::uint64_t now_ns)
{
	if (!bounded_)
		return true;
	if (now_ns / kNamedWindowNs != window_) {
		window_ = now_ns / kNamedWindowNs;
		named_ = 0;
	}
	return named_++ < FM_NAMED_PER_SECOND;
}

// As the packet path does it for TLS (bpf/names.h): ECH hides a name behind a public one.
void NameLearner::name_flow(const fm_punt &punt, std::string_view host)
{
	fm_name name = make_name(host, FM_EVIDENCE_QUIC);
	if (name.length == 0)
		return;
	const auto binding = sink_.find_binding(binding_key(punt));
	if (binding && binding->expires_ns > punt.time_ns && binding->public_name == name.whole)
		name = binding->name;
	else if (sink_.is_public_name(name.whole))
		name.evidence = FM_EVIDENCE_OUTER_SNI;
	name.from = punt.source_is_low != 0 ? FM_NAME_FROM_LOW : FM_NAME_FROM_HIGH;
	name.learned_ms = static_cast<std::uint32_t>(punt.time_ns / kNsPerMs);
	sink_.put_name(key_of(punt), punt.hash, name);
}

void NameLearner::take_dns_segment(const fm_punt &punt, Bytes payload, NameCounts &counts)
{
	const DnsStreamKey key{words_of(punt.src), words_of(punt.dst), punt.sport, punt.dport,
			       punt.vlan};
	for (const DnsStream::Message &message :
	     streams_.take(key, punt.seq, payload, punt.time_ns))
		take_dns(punt, message, counts);
}

void NameLearner::take_dns(const fm_punt &punt, Bytes message, NameCounts &counts)
{
	const DnsMessage parsed = parse_dns(message, false);
	count(counts.dns_messages);
	if (parsed.problem)
		count(counts.dns_problems[static_cast<std::size_t>(*parsed.problem)]);
	for (const DnsAnswer &answer : parsed.answers) {
		counts.dns_bindings.fetch_add(answer.bindings.size(), std::memory_order_relaxed);
		bindings_.learn(words_of(punt.dst), answer, punt.time_ns);
	}
}

} // namespace flowmark
