// SPDX-License-Identifier: Apache-2.0
// What a client calls an address: DNS answers to the entries of the map of bindings.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <flowmark/names.h>

#include "names/bounded_lru.h"
#include "names/dns_message.h"
#include "names/keyed_hash.h"

namespace flowmark {

// As the packet path has addresses: host byte order; IPv4 in [1], 0 in [0].
using AddressWords = std::array<std::uint64_t, 2>;

AddressWords to_words(const DnsAddress &address);

// Where bindings go. Called from learn() alone.
class BindingSink {
      public:
	virtual ~BindingSink() = default;
	// Replaces what `key` had.
	virtual void put(const fm_binding_key &key, const fm_binding &binding) = 0;
	// The hash_name() of a public name that somebody's record has.
	virtual void put_public_name(std::uint64_t hash) = 0;
};

struct BindingLimits {
	// Seconds; the floor is not above the ceiling. Clients use an address beyond a short TTL:
	// connections outlive it.
	std::uint32_t ttl_floor = 60;
	std::uint32_t ttl_ceiling = 86'400;
	// Pairs of a client and a name of which the addresses and the public name are
	// remembered.
	std::size_t pairs = 4096;
};

class DnsBindings {
      public:
	// The sink must outlive it.
	explicit DnsBindings(BindingSink &sink, BindingLimits limits = {},
			     std::uint64_t seed = random_seed());

	// `client` was given `answer` at `now_ns`. Writes a binding for each address in it, and
	// again those of earlier answers for the name if this one has its public name: A, AAAA
	// and HTTPS are asked for at once and answered in any order.
	void learn(const AddressWords &client, const DnsAnswer &answer, std::uint64_t now_ns);

	// For a policy with others. REQUIRES: ttl_floor <= ttl_ceiling
	void set_ttl_limits(std::uint32_t ttl_floor, std::uint32_t ttl_ceiling);

      private:
	struct PairKey {
		AddressWords client;
		std::string name;
		friend bool operator==(const PairKey &, const PairKey &) = default;
	};
	struct PairHash {
		std::uint64_t seed;
		std::size_t operator()(const PairKey &key) const;
	};
	struct Known {
		AddressWords server;
		std::uint64_t expires_ns;
	};
	struct Pair {
		std::uint64_t public_name = 0;
		std::uint64_t public_expires_ns = 0;
		std::vector<Known> addresses; // oldest first
	};

	[[nodiscard]] std::uint64_t expiry(std::uint32_t ttl, std::uint64_t now_ns) const;
	// Whether the pair has another public name now.
	bool learn_public_names(const DnsAnswer &answer, std::uint64_t now_ns, Pair &pair);
	static void remember(const Known &known, std::uint64_t now_ns, Pair &pair);
	void put(const AddressWords &client, const Known &known, fm_binding &binding);

	BindingSink &sink_;
	BindingLimits limits_;
	BoundedLru<PairKey, Pair, PairHash> pairs_;
};

} // namespace flowmark
