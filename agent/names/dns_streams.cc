// SPDX-License-Identifier: Apache-2.0
#include "names/dns_streams.h"

namespace flowmark {

DnsStreams::DnsStreams(std::size_t streams, std::uint64_t seed) : streams_(streams, Hash{seed}) {}

std::size_t DnsStreams::Hash::operator()(const DnsStreamKey &key) const
{
	std::uint64_t hash = seed;
	for (const std::uint64_t word : {key.src[0], key.src[1], key.dst[0], key.dst[1]})
		hash = mix(hash, word);
	const std::uint64_t ports = static_cast<std::uint64_t>(key.sport) << 32 |
				    static_cast<std::uint64_t>(key.dport) << 16 | key.vlan;
	return mix(hash, ports);
}

std::vector<DnsStream::Message> DnsStreams::take(const DnsStreamKey &key, std::uint32_t seq,
						 Bytes payload, std::uint64_t now_ns)
{
	// Two CPUs' packets, and those of a capture, may come with the later time first.
	while (streams_.size() > 0 && now_ns > streams_.oldest().last_ns + kIdleNs)
		streams_.drop_oldest();
	if (streams_.full() && !streams_.contains(key))
		evicted_++;
	Entry &entry = streams_.use(key);
	entry.last_ns = now_ns;
	return entry.stream.take(seq, payload);
}

} // namespace flowmark
