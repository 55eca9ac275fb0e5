// SPDX-License-Identifier: Apache-2.0
#include "names/dns_bindings.h"

#include <algorithm>

#include "names/name.h"

namespace flowmark {

namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
// Of one pair. The rest of a longer answer is bound too, but not bound again when the public
// name comes later.
constexpr std::size_t kMaxKnown = 64;

std::uint64_t read_word(const DnsAddress &address, std::size_t at, std::size_t size)
{
	std::uint64_t word = 0;
	for (std::size_t i = at; i < at + size; i++)
		word = word << 8 | address.bytes.at(i);
	return word;
}

} // namespace

AddressWords to_words(const DnsAddress &address)
{
	if (address.family == 4)
		return {0, read_word(address, 0, 4)};
	return {read_word(address, 0, 8), read_word(address, 8, 8)};
}

DnsBindings::DnsBindings(BindingSink &sink, BindingLimits limits, std::uint64_t seed)
	: sink_(sink), limits_(limits), pairs_(limits.pairs, PairHash{seed})
{}

std::size_t DnsBindings::PairHash::operator()(const PairKey &key) const
{
	const std::uint64_t hash = mix(mix(seed, key.client[0]), key.client[1]);
	return mix(hash, hash_name(key.name));
}

void DnsBindings::set_ttl_limits(std::uint32_t ttl_floor, std::uint32_t ttl_ceiling)
{
	limits_.ttl_floor = ttl_floor;
	limits_.ttl_ceiling = ttl_ceiling;
}

std::uint64_t DnsBindings::expiry(std::uint32_t ttl, std::uint64_t now_ns) const
{
	return now_ns + std::clamp(ttl, limits_.ttl_floor, limits_.ttl_ceiling) * kNsPerSecond;
}

bool DnsBindings::learn_public_names(const DnsAnswer &answer, std::uint64_t now_ns, Pair &pair)
{
	const std::uint64_t before = pair.public_name;
	for (const std::string &name : answer.public_names)
		sink_.put_public_name(hash_name(name));
	if (!answer.public_names.empty()) {
		pair.public_name = hash_name(answer.public_names.front());
		pair.public_expires_ns = expiry(answer.public_ttl, now_ns);
	} else if (pair.public_expires_ns <= now_ns) {
		pair.public_name = 0;
	}
	return pair.public_name != before && pair.public_name != 0;
}

// `known` becomes the newest of the pair's addresses.
void DnsBindings::remember(const Known &known, std::uint64_t now_ns, Pair &pair)
{
	std::erase_if(pair.addresses, [&](const Known &other) {
		return other.server == known.server || other.expires_ns <= now_ns;
	});
	if (pair.addresses.size() == kMaxKnown)
		pair.addresses.erase(pair.addresses.begin());
	pair.addresses.push_back(known);
}

void DnsBindings::put(const AddressWords &client, const Known &known, fm_binding &binding)
{
	const fm_binding_key key = {{client[0], client[1]}, {known.server[0], known.server[1]}};
	binding.expires_ns = known.expires_ns;
	sink_.put(key, binding);
}

void DnsBindings::learn(const AddressWords &client, const DnsAnswer &answer, std::uint64_t now_ns)
{
	fm_binding binding{};
	binding.name = make_name(answer.name, FM_EVIDENCE_DNS);
	if (binding.name.length == 0)
		return;
	Pair &pair = pairs_.use({client, answer.name});
	const bool revealed = learn_public_names(answer, now_ns, pair);
	binding.public_name = pair.public_name;
	// Only then, for meanwhile another name may have taken the address.
	if (revealed)
		for (const Known &known : pair.addresses)
			if (known.expires_ns > now_ns)
				put(client, known, binding);
	for (const DnsBinding &address : answer.bindings) {
		const Known known = {to_words(address.address), expiry(address.ttl, now_ns)};
		remember(known, now_ns, pair);
		put(client, known, binding);
	}
}

} // namespace flowmark
