// SPDX-License-Identifier: Apache-2.0
// Holds the DNS parser against what tshark says of captures: dns_truth FOLDER; the folder of
// FLOWMARK_CAPTURES, where there is one, goes before it. Exit status 1 if a binding is missing, or
// one was found that is not true.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <nlohmann/json.hpp>

#include "names/dns_message.h"
#include "names/dns_streams.h"
#include "names/frame.h"
#include "replay/capture_file.h"

namespace flowmark {

namespace {

// What a frame says: names, addresses, the least TTL.
struct Said {
	std::set<std::string> names;
	std::set<std::string> addresses;
	std::uint32_t ttl = UINT32_MAX;
	bool multicast = false; // DNS: nobody asked
};

using SaidByFrame = std::map<unsigned, Said>;

struct Score {
	unsigned true_rows = 0, left_out = 0, wrong = 0, invented = 0, beyond = 0, unreadable = 0;
	std::uint64_t bindings = 0;
	std::map<std::string, unsigned> problems;
};

std::string to_string(const DnsAddress &address)
{
	char text[INET6_ADDRSTRLEN];
	inet_ntop(address.family == 4 ? AF_INET : AF_INET6, address.bytes.data(), text,
		  sizeof(text));
	return text;
}

void hear(Bytes message, bool cut, Said &said, Score &score)
{
	const DnsMessage parsed = parse_dns(message, cut);
	if (parsed.problem)
		score.problems[std::string(to_label(*parsed.problem))]++;
	for (const DnsAnswer &answer : parsed.answers) {
		for (const DnsBinding &binding : answer.bindings) {
			said.names.insert(answer.name);
			said.addresses.insert(to_string(binding.address));
			said.ttl = std::min(said.ttl, binding.ttl);
		}
	}
}

using Ports = std::set<std::uint16_t>;

void hear_frame(const Segment &segment, DnsStreams &streams, std::uint64_t now_ns, Said &said,
		Score &score)
{
	if (segment.protocol == IPPROTO_UDP)
		return hear(segment.payload, segment.cut, said, score);
	const DnsStreamKey key = {segment.src, segment.dst, segment.sport, segment.dport,
				  segment.vlan};
	for (const auto &message : streams.take(key, segment.seq, segment.payload, now_ns))
		hear(message, false, said, score);
}

SaidByFrame read_capture(const std::string &path, const Ports &ports, Score &score)
{
	const auto unreadable = [&](const std::string &why) {
		std::printf("unreadable: %s: %s\n", path.c_str(), why.c_str());
		score.unreadable++;
	};
	SaidByFrame out;
	auto capture = CaptureFile::open(path);
	if (!capture) {
		unreadable(capture.error().message);
		return out;
	}
	DnsStreams streams;
	CaptureRecord record;
	while (capture->next(record)) {
		const auto segment = parse_frame(record.bytes, record.link_type);
		if (!segment || !ports.contains(segment->sport))
			continue;
		Said said;
		said.multicast = segment->dport == 5353;
		hear_frame(*segment, streams, record.time_ns, said, score);
		if (!said.addresses.empty())
			out[static_cast<unsigned>(record.number)] = std::move(said);
	}
	if (!capture->broken().empty())
		unreadable(capture->broken());
	return out;
}

std::string lower(std::string text)
{
	for (char &c : text)
		c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
	return text;
}

Said expected(const nlohmann::json &row)
{
	Said said;
	if (row["name"].is_string())
		said.names.insert(lower(row["name"]));
	else
		for (const auto &name : row["names"])
			said.names.insert(lower(name));
	for (const auto &address : row["addresses"])
		said.addresses.insert(address);
	said.ttl = row["ttl"];
	return said;
}

std::string describe(const Said &said)
{
	std::string text;
	for (const auto &name : said.names)
		text += name + " ";
	for (const auto &address : said.addresses)
		text += address + " ";
	return text + "ttl " + std::to_string(said.ttl);
}

// No tunnels, no DNS inside HTTP, none of the link types that Flowmark does not read.
bool is_asked_for(const nlohmann::json &row)
{
	static const std::regex kPlain(
		"(eth|sll|raw|null)?(:?vlan)*:?(ip|ipv6):(udp|tcp):(dns|mdns|llmnr)");
	return std::regex_match(row["stack"].get<std::string>(), kPlain);
}

// The truth names all owners of an answer without a question, those of other records than addresses
// too, and has the first record's TTL, where we have the least of the chain.
bool is_true(const Said &got, const nlohmann::json &row)
{
	const Said want = expected(row);
	const bool named = row["name"].is_string()
				   ? got.names == want.names
				   : !got.names.empty() &&
					     std::includes(want.names.begin(), want.names.end(),
							   got.names.begin(), got.names.end());
	return named && got.addresses == want.addresses && got.ttl <= want.ttl;
}

void compare(const std::string &file, const std::vector<nlohmann::json> &rows, SaidByFrame found,
	     Score &score)
{
	for (const auto &row : rows) {
		const unsigned frame = row["frame"];
		const std::string where = file + " frame " + std::to_string(frame);
		if (!is_asked_for(row)) {
			std::printf("left out: %s: %s\n", where.c_str(),
				    row["stack"].get<std::string>().c_str());
			score.left_out++;
			found.erase(frame);
			continue;
		}
		score.true_rows++;
		const Said got = found[frame];
		found.erase(frame);
		score.bindings += got.addresses.size();
		if (is_true(got, row))
			continue;
		score.wrong++;
		std::printf("wrong: %s:\n  true  %s\n  found %s\n", where.c_str(),
			    describe(expected(row)).c_str(), describe(got).c_str());
	}
	const auto is_repeated = [&](const Said &said) {
		return std::any_of(rows.begin(), rows.end(),
				   [&](const auto &row) { return is_true(said, row); });
	};
	for (const auto &[frame, said] : found) {
		// A segment sent again, which the truth has once.
		if (is_repeated(said))
			continue;
		// The truth leaves out multicast answers whose addresses are all additional.
		(said.multicast ? score.beyond : score.invented)++;
		std::printf("not in the truth%s: %s frame %u: %s\n",
			    said.multicast ? " (multicast)" : "", file.c_str(), frame,
			    describe(said).c_str());
	}
}

int run(const std::string &folder)
{
	std::map<std::string, std::vector<nlohmann::json>> rows;
	Score score;
	std::ifstream truth(folder + "/truth-public-dns.jsonl");
	std::ifstream captures(folder + "/captures-public.jsonl");
	for (std::string line; std::getline(captures, line);)
		rows[nlohmann::json::parse(line)["file"]];
	for (std::string line; std::getline(truth, line);) {
		auto row = nlohmann::json::parse(line);
		rows[row["file"]].push_back(std::move(row));
	}
	for (const auto &[file, of_file] : rows) {
		Ports ports = {53, 5353, 5355};
		for (const auto &row : of_file)
			ports.insert(row["sport"].get<std::uint16_t>());
		compare(file, of_file, read_capture(folder + "/" + file, ports, score), score);
	}
	for (const auto &[label, count] : score.problems)
		std::printf("problem %s: %u messages\n", label.c_str(), count);
	std::printf("%zu captures (%u unreadable), %u answers of the truth (%u left out), "
		    "%llu bindings, %u wrong, %u not in the truth, %u multicast beyond it\n",
		    rows.size(), score.unreadable, score.true_rows, score.left_out,
		    static_cast<unsigned long long>(score.bindings), score.wrong, score.invented,
		    score.beyond);
	return score.true_rows > 0 && score.wrong == 0 && score.invented == 0 ? 0 : 1;
}

} // namespace

} // namespace flowmark

int main(int argc, char **argv)
{
	const char *const given = std::getenv("FLOWMARK_CAPTURES");
	if (argc != 2 && given == nullptr) {
		std::fprintf(stderr,
			     "usage: dns_truth FOLDER (FLOWMARK_CAPTURES goes before it)\n");
		return 2;
	}
	return flowmark::run(given != nullptr ? given : argv[1]);
}
