// SPDX-License-Identifier: Apache-2.0
#include "names/dns_records.h"

#include <algorithm>
#include <utility>

namespace flowmark {

namespace {

constexpr std::size_t kMaxRecords = 1024;
constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kCacheFlush = 0x8000; // of mDNS, in the class

struct Header {
	std::uint16_t flags = 0;
	std::uint16_t questions = 0;
	std::uint16_t answers = 0;
	std::uint16_t authorities = 0;
	std::uint16_t additionals = 0;
};

Header read_header(DnsCursor &cursor)
{
	Header header;
	cursor.u16(); // id
	header.flags = cursor.u16();
	header.questions = cursor.u16();
	header.answers = cursor.u16();
	header.authorities = cursor.u16();
	header.additionals = cursor.u16();
	return header;
}

std::optional<DnsProblem> judge(const DnsCursor &cursor, std::uint16_t flags)
{
	if (!cursor.ok())
		return cursor.problem();
	if (!(flags & 0x8000) || (flags >> 11 & 0xf) != 0)
		return DnsProblem::not_answer;
	return flags & 0xf ? std::optional(DnsProblem::failure) : std::nullopt;
}

class RecordReader {
      public:
	RecordReader(DnsCursor &cursor, DnsRecords &out) : cursor_(cursor), out_(out) {}

	void read_questions(std::size_t count)
	{
		for (std::size_t i = 0; i < count && cursor_.ok(); i++) {
			WireName name = cursor_.name();
			const std::uint16_t type = cursor_.u16();
			cursor_.u16(); // class
			if (i > 0 || !cursor_.ok())
				continue;
			out_.question = std::move(name);
			out_.question_type = type;
		}
	}

	void read_section(std::size_t count, bool wanted, bool additional)
	{
		for (std::size_t i = 0; i < count && cursor_.ok(); i++) {
			if (seen_++ == kMaxRecords)
				return cursor_.fail(DnsProblem::too_many);
			DnsRecord record;
			record.additional = additional;
			if (read_record(record) && wanted && cursor_.ok())
				out_.records.push_back(std::move(record));
		}
	}

      private:
	// Whether the record says where a name is.
	bool read_record(DnsRecord &record)
	{
		record.owner = cursor_.name();
		record.type = static_cast<DnsType>(cursor_.u16());
		const std::uint16_t record_class = cursor_.u16();
		const std::uint32_t ttl = cursor_.u32();
		record.ttl = ttl >> 31 ? 0 : ttl; // RFC 2181
		const std::uint16_t length = cursor_.u16();
		DnsCursor data = cursor_.part(length);
		if (!cursor_.ok() || (record_class & ~kCacheFlush) != kClassInternet)
			return false;
		return read_data(data, record);
	}

	bool read_data(DnsCursor &data, DnsRecord &record)
	{
		switch (record.type) {
		case DnsType::a:
			return read_address(data, 4, record);
		case DnsType::aaaa:
			return read_address(data, 16, record);
		case DnsType::cname:
		case DnsType::dname:
			return read_target(data, record);
		case DnsType::svcb:
		case DnsType::https:
			return read_service_record(data, record);
		}
		return false;
	}

	bool read_address(DnsCursor &data, std::size_t size, DnsRecord &record)
	{
		if (data.left() != size) {
			cursor_.fail(DnsProblem::record);
			return false;
		}
		record.address = to_address(data.take(size));
		return true;
	}

	// What the data lacks is not lacking in the message.
	bool read_target(DnsCursor &data, DnsRecord &record)
	{
		record.target = data.name();
		if (data.ok() && data.left() == 0)
			return true;
		const auto problem = data.problem().value_or(DnsProblem::record);
		cursor_.fail(problem == DnsProblem::cut_short ? DnsProblem::record : problem);
		return false;
	}

	bool read_service_record(const DnsCursor &data, DnsRecord &record)
	{
		auto service = read_service(data);
		if (!service) {
			out_.problem = DnsProblem::service;
			return false;
		}
		record.service = std::move(*service);
		return true;
	}

	DnsCursor &cursor_;
	DnsRecords &out_;
	std::size_t seen_ = 0;
};

// What was read before `cursor` failed stands where nothing contradicts the message.
void note_failure(const DnsCursor &cursor, bool truncated, bool in_answers, DnsRecords &out)
{
	if (cursor.ok())
		return;
	const bool excused = truncated && cursor.problem() == DnsProblem::cut_short;
	if (!excused)
		out.problem = cursor.problem();
	if (in_answers && !excused && cursor.problem() != DnsProblem::too_many)
		out.records.clear();
}

} // namespace

DnsRecords read_dns_records(Bytes message, bool truncated)
{
	DnsRecords out;
	DnsCursor cursor(message);
	const Header header = read_header(cursor);
	out.problem = judge(cursor, header.flags);
	if (out.problem)
		return out;
	truncated = truncated || header.flags & 0x0200;
	RecordReader reader(cursor, out);
	reader.read_questions(header.questions);
	reader.read_section(header.answers, true, false);
	note_failure(cursor, truncated, true, out);
	if (!cursor.ok())
		return out;
	reader.read_section(header.authorities, false, false);
	reader.read_section(header.additionals, true, true);
	note_failure(cursor, truncated, false, out);
	return out;
}

} // namespace flowmark
