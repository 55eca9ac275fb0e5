// SPDX-License-Identifier: Apache-2.0
#include "names/datagrams.h"

#include <algorithm>

namespace flowmark {

std::size_t Datagrams::Hash::operator()(const Key &key) const
{
	std::uint64_t hash = seed;
	for (const std::uint64_t word : {key.src[0], key.src[1], key.dst[0], key.dst[1]})
		hash = mix(hash, word);
	return mix(hash, static_cast<std::uint64_t>(key.id) << 16 | key.vlan);
}

std::optional<Datagrams::Whole> Datagrams::take(const fm_punt &punt,
						std::span<const std::uint8_t> payload)
{
	// Two CPUs' packets, and those of a capture, may come with the later time first.
	while (open_.size() > 0 && punt.time_ns > open_.oldest().last_ns + kIdleNs)
		open_.drop_oldest();
	const Key key{{punt.src[0], punt.src[1]}, {punt.dst[0], punt.dst[1]}, punt.seq, punt.vlan};
	Open &open = open_.use(key);
	const std::size_t at = punt.fragment & ~(FM_PUNT_FRAGMENT | FM_PUNT_MORE);
	open.last_ns = punt.time_ns;
	open.bytes.put(at, payload);
	if (punt.kind != FM_PUNT_REST && !open.first)
		open.first = punt;
	if ((punt.fragment & FM_PUNT_MORE) == 0 && !open.length)
		open.length = at + payload.size();
	const auto prefix = open.bytes.prefix();
	if (!open.first || !open.length || prefix.size() < *open.length)
		return std::nullopt;
	// It stays: a fragment that is sent twice begins no other one.
	Whole whole{*open.first,
		    {prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(*open.length)}};
	open.length = CryptoBuffer::kSize + 1;
	return whole;
}

} // namespace flowmark
