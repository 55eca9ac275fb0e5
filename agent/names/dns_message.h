// SPDX-License-Identifier: Apache-2.0
// What a DNS answer says of where names are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "names/dns_cursor.h"
#include "names/dns_problem.h"
#include "names/dns_service.h"

namespace flowmark {

struct DnsBinding {
	DnsAddress address;
	std::uint32_t ttl = 0; // seconds: the least on the way from the name to the address
};

struct DnsAnswer {
	std::string name; // what was asked for; as struct fm_name has its text
	std::vector<DnsBinding> bindings;
	// Of the name's HTTPS records: what a ClientHello shows instead of the name.
	std::vector<std::string> public_names;
	std::uint32_t public_ttl = 0;
};

struct DnsMessage {
	// One for the question; of an answer without one, as in mDNS, one for each owner.
	std::vector<DnsAnswer> answers;
	// The first thing wrong with the message. `answers` holds what stands nevertheless:
	// nothing, unless it is wrong behind the answers, with one service record or for its size.
	std::optional<DnsProblem> problem;
};

// Reads one message, without the length that TCP has in front. `truncated`: its end is missing
// (a capture's snapshot length, a first fragment), and what is whole counts.
DnsMessage parse_dns(Bytes message, bool truncated = false);

} // namespace flowmark
