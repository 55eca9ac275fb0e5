// SPDX-License-Identifier: Apache-2.0
// The data of HTTPS and SVCB records (RFC 9460) and the ECH configurations in it
// (draft-ietf-tls-esni).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "names/dns_cursor.h"

namespace flowmark {

// Bytes in the network's order; IPv4: the first four.
struct DnsAddress {
	std::uint8_t family = 4; // or 6
	std::array<std::uint8_t, 16> bytes{};

	friend auto operator<=>(const DnsAddress &, const DnsAddress &) = default;
};

// REQUIRES: 4 or 16 bytes
DnsAddress to_address(Bytes bytes);

struct DnsService {
	bool alias = false; // all that counts is the target's own record
	WireName target;    // empty: the record's owner; of an alias: there is no such service
	std::vector<DnsAddress> hints;
	std::vector<std::string> public_names; // lower case; of the ech parameter
};

// Reads what `data`, a record's data, holds. Nothing if it contradicts itself: RFC 9460 has such
// a record ignored.
std::optional<DnsService> read_service(DnsCursor data);

} // namespace flowmark
