// SPDX-License-Identifier: Apache-2.0
// Holds the DNS parser against what tshark says of captures: dns_truth FOLDER, or the folder of
// FLOWMARK_CAPTURES. Exit status 1 if a binding is missing, or one was found that is not true.
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
#include <pcap/pcap.h>

#include <nlohmann/json.hpp>

#include "names/dns_message.h"
#include "names/dns_streams.h"
#include "names/frame.h"

namespace flowmark {

namespace {

// What a frame says: names, addresses, the least TTL.
struct Said {
	std::set<std::string> names;
	std::set<std::string> addresses;
	std::uint32_t ttl = UINT32_MAX;
};

using SaidByFrame = std::map<unsigned, Said>;

struct Score {
	unsigned true_rows = 0, left_out = 0, wrong = 0, invented = 0, unreadable = 0;
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
	SaidByFrame out;
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *capture = pcap_open_offline(path.c_str(), error);
	if (capture == nullptr) {
		std::printf("unreadable: %s: %s\n", path.c_str(), error);
		score.unreadable++;
		return out;
	}
	DnsStreams streams;
	pcap_pkthdr *header = nullptr;
	const u_char *bytes = nullptr;
	for (unsigned frame = 1; pcap_next_ex(capture, &header, &bytes) == 1; frame++) {
		const auto segment = parse_frame({bytes, header->caplen}, pcap_datalink(capture));
		if (!segment || !ports.contains(segment->sport))
			continue;
		const std::uint64_t now_ns = static_cast<std::uint64_t>(header->ts.tv_sec) *
						     1'000'000'000 +
					     static_cast<std::uint64_t>(header->ts.tv_usec) * 1'000;
		Said said;
		hear_frame(*segment, streams, now_ns, said, score);
		if (!said.addresses.empty())
			out[frame] = std::move(said);
	}
	pcap_close(capture);
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
		const Said want = expected(row), got = found[frame];
		found.erase(frame);
		score.bindings += got.addresses.size();
		if (want.names == got.names && want.addresses == got.addresses &&
		    want.ttl == got.ttl)
			continue;
		score.wrong++;
		std::printf("wrong: %s:\n  true  %s\n  found %s\n", where.c_str(),
			    describe(want).c_str(), describe(got).c_str());
	}
	for (const auto &[frame, said] : found) {
		score.invented++;
		std::printf("not in the truth: %s frame %u: %s\n", file.c_str(), frame,
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
		    "%llu bindings, %u wrong, %u not in the truth\n",
		    rows.size(), score.unreadable, score.true_rows, score.left_out,
		    static_cast<unsigned long long>(score.bindings), score.wrong, score.invented);
	return score.true_rows > 0 && score.wrong == 0 && score.invented == 0 ? 0 : 1;
}

} // namespace

} // namespace flowmark

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : std::getenv("FLOWMARK_CAPTURES");
	if (folder == nullptr) {
		std::fprintf(stderr, "usage: dns_truth FOLDER (or FLOWMARK_CAPTURES)\n");
		return 2;
	}
	return flowmark::run(folder);
}
