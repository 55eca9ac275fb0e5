// SPDX-License-Identifier: Apache-2.0
// quic_truth FOLDER: every UDP datagram of every capture in FOLDER through QuicReader, and
// the names that come out against FOLDER/truth-public.jsonl: each flow has exactly its
// names, and no other flow has one. Exit status 1 if not.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "names/capture.h"
#include "names/quic_reader.h"

namespace flowmark::test {

namespace {

using Json = nlohmann::json;

struct Names {
	std::set<std::string> names;
	bool nameless = false; // a hello without one
};

// By ends and outer VLAN, as text.
using Flows = std::map<std::string, Names>;

struct Truth {
	Flows wanted;
	std::set<std::string> not_asked; // old QUIC, or a hello that is not all there
};

std::string address_text(const std::array<std::uint64_t, 2> &address)
{
	std::array<char, INET6_ADDRSTRLEN> text{};
	std::array<std::uint8_t, 16> bytes{};
	for (std::size_t i = 0; i < 16; i++)
		bytes.at(i) = static_cast<std::uint8_t>(address.at(i / 8) >> (56 - i % 8 * 8));
	// Both families share the type; 0.0.0.0/8 is nobody's, so that ::1 can be told.
	if (address[0] == 0 && address[1] >> 32 == 0 && address[1] >> 24 != 0)
		inet_ntop(AF_INET, &bytes[12], text.data(), text.size());
	else
		inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
	return text.data();
}

std::string flow_text(const QuicFlow &flow)
{
	return fmt::format("{} {} {} {} vlan {}", address_text(flow.source), flow.source_port,
			   address_text(flow.destination), flow.destination_port, flow.vlan);
}

std::string flow_text(const Json &row)
{
	const auto &tags = row["vlan"];
	return fmt::format("{} {} {} {} vlan {}", row["src"].get<std::string>(),
			   row["sport"].get<int>(), row["dst"].get<std::string>(),
			   row["port"].get<int>(), tags.empty() ? 0 : tags[0].get<int>());
}

bool asked_for(const Json &row)
{
	const auto version = row["quic_version"].get<std::string>();
	return (version.starts_with("v") || version.starts_with("draft")) &&
	       (row["complete"].get<bool>() || !row["sni"].is_null());
}

std::map<std::string, Truth> read_truth(const std::string &folder)
{
	std::map<std::string, Truth> truth;
	std::ifstream file(folder + "/truth-public.jsonl");
	for (std::string line; std::getline(file, line);) {
		const Json row = Json::parse(line);
		if (row["transport"] != "quic")
			continue;
		Truth &of_file = truth[row["file"]];
		if (!asked_for(row)) {
			of_file.not_asked.insert(flow_text(row));
			continue;
		}
		Names &names = of_file.wanted[flow_text(row)];
		names.nameless |= row["sni"].is_null();
		if (!row["sni"].is_null())
			names.names.insert(row["sni"].get<std::string>());
		for (const auto &other : row["also"])
			names.names.insert(other.get<std::string>());
	}
	return truth;
}

struct Found {
	Flows flows;
	std::size_t datagrams = 0;
	std::array<std::uint64_t, kQuicReasons> failures{};
	std::string broken; // where the capture is
};

Found read_capture(const std::string &path)
{
	auto reader = QuicReader::open();
	if (!reader)
		return {.flows = {}, .broken = reader.error().message};
	Found found;
	found.broken = read_datagrams(path, [&](const QuicFlow &flow, auto datagram, auto time) {
		found.datagrams++;
		const QuicOutcome outcome = reader->feed(flow, datagram, time);
		if (outcome.kind == QuicOutcome::Kind::name)
			found.flows[flow_text(flow)].names.insert(outcome.name);
		if (outcome.kind == QuicOutcome::Kind::no_name)
			found.flows[flow_text(flow)].nameless = true;
	});
	for (std::size_t i = 0; i < kQuicReasons; i++)
		found.failures.at(i) = reader->failures(static_cast<QuicReason>(i));
	return found;
}

std::string text_of(const Names &names)
{
	return fmt::format("{{{}{}}}", fmt::join(names.names, ", "),
			   names.nameless ? " (nameless)" : "");
}

struct Score {
	std::size_t files = 0, datagrams = 0, flows = 0, named = 0, nameless = 0, wrong = 0;
	std::array<std::uint64_t, kQuicReasons> failures{};
};

// Each flow of either side is looked at once.
void compare(const std::string &file, const Truth &truth, const Found &found, Score &score)
{
	Flows all = truth.wanted;
	for (const auto &[flow, names] : found.flows)
		all.try_emplace(flow);
	for (const auto &[flow, ignored] : all) {
		const auto wanted = truth.wanted.find(flow), got = found.flows.find(flow);
		const Names want = wanted == truth.wanted.end() ? Names{} : wanted->second;
		const Names have = got == found.flows.end() ? Names{} : got->second;
		if (truth.not_asked.contains(flow)) {
			fmt::print("{}: {}: not asked for, have {}\n", file, flow, text_of(have));
			continue;
		}
		score.flows++;
		score.named += !have.names.empty();
		score.nameless += have.nameless;
		if (want.names == have.names && want.nameless == have.nameless)
			continue;
		score.wrong++;
		fmt::print("{}: {}: want {}, have {}\n", file, flow, text_of(want), text_of(have));
	}
}

int run(const std::string &folder)
{
	auto truth = read_truth(folder);
	Score score;
	std::ifstream file(folder + "/captures-public.jsonl");
	for (std::string line; std::getline(file, line); score.files++) {
		const std::string name = Json::parse(line)["file"];
		const Found found = read_capture(folder + "/" + name);
		score.datagrams += found.datagrams;
		for (std::size_t i = 0; i < kQuicReasons; i++)
			score.failures.at(i) += found.failures.at(i);
		compare(name, truth[name], found, score);
		if (!found.broken.empty())
			fmt::print("{}: {}\n", name, found.broken);
		truth.erase(name);
	}
	for (const auto &[name, rest] : truth)
		score.wrong += rest.wanted.size();
	fmt::print("{} captures, {} datagrams, {} flows: {} named, {} nameless, {} wrong\n",
		   score.files, score.datagrams, score.flows, score.named, score.nameless,
		   score.wrong);
	for (std::size_t i = 0; i < kQuicReasons; i++)
		fmt::print("  {:<10} {}\n", label_of(static_cast<QuicReason>(i)),
			   score.failures.at(i));
	return score.wrong == 0 && score.flows > 0 ? 0 : 1;
}

} // namespace

} // namespace flowmark::test

int main(int argc, char **argv)
{
	if (argc != 2) {
		fmt::print(stderr, "usage: quic_truth FOLDER\n");
		return 2;
	}
	return flowmark::test::run(argv[1]);
}
