// SPDX-License-Identifier: Apache-2.0
// The records of a DNS message that say where a name is; the rest is read over.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "names/dns_cursor.h"
#include "names/dns_service.h"

namespace flowmark {

enum class DnsType : std::uint16_t {
	a = 1,
	cname = 5,
	aaaa = 28,
	dname = 39,
	svcb = 64,
	https = 65,
};

struct DnsRecord {
	WireName owner;
	DnsType type = DnsType::a;
	std::uint32_t ttl = 0;
	bool additional = false; // of the additional section, else of the answer
	DnsAddress address;	 // a, aaaa
	WireName target;	 // cname, dname
	DnsService service;	 // svcb, https
};

struct DnsRecords {
	// The first question's; mDNS answers have none.
	std::optional<WireName> question;
	std::uint16_t question_type = 0;
	std::vector<DnsRecord> records;
	// The first thing that was wrong. A problem before the end of the answer section leaves
	// no records, but for too_many, a service record and a truncated message.
	std::optional<DnsProblem> problem;
};

// `truncated`: bytes are missing at the end, so the end is no problem and what is whole counts;
// so it is for answers that say this of themselves (TC).
DnsRecords read_dns_records(Bytes message, bool truncated);

} // namespace flowmark
