// SPDX-License-Identifier: Apache-2.0
#include "names/dns_message.h"

#include <algorithm>
#include <utility>

#include "names/dns_records.h"

namespace flowmark {

namespace {

// Resolvers follow 11 to 17 aliases; services have targets with aliases of their own.
constexpr std::size_t kMaxAliases = 32;
constexpr std::size_t kMaxBindings = 256;
constexpr std::size_t kMaxAnswers = 64;

bool is_service(const DnsRecord &record)
{
	return record.type == DnsType::https || record.type == DnsType::svcb;
}

bool is_address(const DnsRecord &record)
{
	return record.type == DnsType::a || record.type == DnsType::aaaa;
}

// Where `suffix` begins in `name`, if `name` is below it.
std::optional<std::size_t> find_below(const WireName &name, const WireName &suffix)
{
	for (std::size_t at = 0; at < name.size();) {
		at += 1u + static_cast<unsigned char>(name[at]);
		if (name.compare(at, WireName::npos, suffix) == 0)
			return at;
	}
	return std::nullopt;
}

void note(DnsMessage &out, DnsProblem problem)
{
	if (!out.problem)
		out.problem = problem;
}

// An address that two records give is kept for the longer of their times.
void bind(const DnsAddress &address, std::uint32_t ttl, DnsAnswer &answer, DnsMessage &out)
{
	const auto same = [&](const DnsBinding &binding) { return binding.address == address; };
	const auto known = std::find_if(answer.bindings.begin(), answer.bindings.end(), same);
	if (known != answer.bindings.end())
		known->ttl = std::max(known->ttl, ttl);
	else if (answer.bindings.size() < kMaxBindings)
		answer.bindings.push_back({address, ttl});
	else
		note(out, DnsProblem::too_many);
}

// Follows the question through the records, in whatever order they stand.
class Resolver {
      public:
	Resolver(const std::vector<DnsRecord> &records, DnsAnswer &answer, DnsMessage &out)
		: records_(records), answer_(answer), out_(out)
	{}

	// Adds what is known of `name`, which was reached through records that hold for `ttl`.
	// `hosts_only`: a service's target, of which the addresses count, and those of the
	// additional section too.
	void follow(WireName name, std::uint32_t ttl, bool hosts_only)
	{
		for (bool more = true; more;) {
			if (aliases_++ == kMaxAliases) {
				note(out_, DnsProblem::too_many);
				return;
			}
			add_addresses(name, ttl, hosts_only);
			if (!hosts_only)
				add_services(name, ttl);
			more = step(name, ttl, hosts_only);
		}
	}

      private:
	void add_addresses(const WireName &name, std::uint32_t ttl, bool with_additional)
	{
		for (const DnsRecord &record : records_)
			if (is_address(record) && record.owner == name &&
			    (with_additional || !record.additional))
				bind(record.address, std::min(ttl, record.ttl), answer_, out_);
	}

	void add_services(const WireName &name, std::uint32_t ttl)
	{
		for (std::size_t i = 0; i < records_.size(); i++) {
			const DnsRecord &record = records_[i];
			if (!is_service(record) || record.owner != name || used_[i])
				continue;
			used_[i] = true;
			add_service(record, std::min(ttl, record.ttl));
		}
	}

	void add_service(const DnsRecord &record, std::uint32_t ttl)
	{
		const DnsService &service = record.service;
		if (service.alias) {
			if (!service.target.empty())
				follow(service.target, ttl, false);
			return;
		}
		for (const DnsAddress &hint : service.hints)
			bind(hint, ttl, answer_, out_);
		for (const std::string &name : service.public_names)
			add_public_name(name, ttl);
		follow(service.target.empty() ? record.owner : service.target, ttl, true);
	}

	void add_public_name(const std::string &name, std::uint32_t ttl)
	{
		auto &names = answer_.public_names;
		if (std::find(names.begin(), names.end(), name) != names.end())
			return;
		answer_.public_ttl = names.empty() ? ttl : std::min(answer_.public_ttl, ttl);
		names.push_back(name);
	}

	// The first record of `type` that `covers` and has not led anywhere yet: each does so once,
	// or a message of records that lead in circles costs their number squared.
	template <typename Covers>
	const DnsRecord *find_unused(DnsType type, bool with_additional, const Covers &covers)
	{
		for (std::size_t i = 0; i < records_.size(); i++) {
			const DnsRecord &record = records_[i];
			if (record.type != type || used_[i] || !covers(record.owner) ||
			    (record.additional && !with_additional))
				continue;
			used_[i] = true;
			return &record;
		}
		return nullptr;
	}

	// Moves to what `name` is an alias of. A CNAME comes before the DNAME that it was made of.
	bool step(WireName &name, std::uint32_t &ttl, bool with_additional)
	{
		const auto is_name = [&](const WireName &owner) { return owner == name; };
		const auto is_above = [&](const WireName &owner) {
			return find_below(name, owner).has_value();
		};
		if (const auto *cname = find_unused(DnsType::cname, with_additional, is_name)) {
			name = cname->target;
			ttl = std::min(ttl, cname->ttl);
			return true;
		}
		const auto *dname = find_unused(DnsType::dname, with_additional, is_above);
		if (dname == nullptr)
			return false;
		name.replace(*find_below(name, dname->owner), WireName::npos, dname->target);
		ttl = std::min(ttl, dname->ttl);
		return true;
	}

	const std::vector<DnsRecord> &records_;
	std::vector<bool> used_;
	DnsAnswer &answer_;
	DnsMessage &out_;
	std::size_t aliases_ = 0;
};

// "_8443._https.example.com", the question for another port than 443 (RFC 9460, 9.1), is about
// example.com.
WireName without_port(const WireName &name, std::uint16_t type)
{
	constexpr std::string_view kScheme = "\x06_https";
	if (type != static_cast<std::uint16_t>(DnsType::https) || name.size() < 2 || name[1] != '_')
		return name;
	const std::size_t port = 1u + static_cast<unsigned char>(name[0]);
	return name.compare(port, kScheme.size(), kScheme) == 0 ? name.substr(port + kScheme.size())
								: name;
}

void keep(DnsAnswer answer, DnsMessage &out)
{
	if (!answer.bindings.empty() || !answer.public_names.empty())
		out.answers.push_back(std::move(answer));
}

void answer_question(const DnsRecords &in, DnsMessage &out)
{
	const auto name = to_text(without_port(*in.question, in.question_type));
	if (!name) {
		note(out, DnsProblem::label);
		return;
	}
	DnsAnswer answer;
	answer.name = *name;
	Resolver(in.records, answer, out).follow(*in.question, UINT32_MAX, false);
	keep(std::move(answer), out);
}

// The answer for `name`, made if there is none. nullptr: there are too many.
DnsAnswer *find_answer(const std::string &name, DnsMessage &out)
{
	const auto same = [&](const DnsAnswer &answer) { return answer.name == name; };
	const auto known = std::find_if(out.answers.begin(), out.answers.end(), same);
	if (known != out.answers.end())
		return &*known;
	if (out.answers.size() == kMaxAnswers) {
		note(out, DnsProblem::too_many);
		return nullptr;
	}
	out.answers.emplace_back().name = name;
	return &out.answers.back();
}

void answer_owners(const DnsRecords &in, DnsMessage &out)
{
	for (const DnsRecord &record : in.records) {
		if (!is_address(record))
			continue;
		const auto name = to_text(record.owner);
		if (!name)
			note(out, DnsProblem::label);
		else if (DnsAnswer *answer = find_answer(*name, out))
			bind(record.address, record.ttl, *answer, out);
	}
}

} // namespace

DnsMessage parse_dns(Bytes message, bool truncated)
{
	const DnsRecords records = read_dns_records(message, truncated);
	DnsMessage out;
	out.problem = records.problem;
	if (records.records.empty())
		return out;
	if (records.question)
		answer_question(records, out);
	else
		answer_owners(records, out);
	return out;
}

} // namespace flowmark
