// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"

namespace flowmark::bench {

using nlohmann::json;

namespace {

const std::map<std::string, FloorKind> kFloors = {{"nothing", FloorKind::nothing},
						  {"ports", FloorKind::ports},
						  {"lru", FloorKind::lru},
						  {"signature", FloorKind::signature}};
const std::map<std::string, HookPoint> kHooks = {{"tc", HookPoint::tc}, {"xdp", HookPoint::xdp}};

constexpr const char *kOneDest = "198.18.0.1"; // RFC 2544

json result_json(const LiveResult &result)
{
	json dscps = json::object();
	for (std::size_t dscp = 0; dscp < result.dscps.size(); dscp++)
		if (result.dscps[dscp] != 0)
			dscps[dscp == FM_DSCP_NONE ? "not-ip" : std::to_string(dscp)] =
				result.dscps[dscp];
	return {{"ns", result.ns},
		{"sent", result.sent},
		{"arrived", result.arrived},
		{"dscps", dscps},
		{"disturbed", result.disturbed},
		{"longest_gap_ns", result.longest_gap_ns}};
}

Result<std::uint32_t> frames_of(std::istream &words)
{
	std::uint32_t frames = 0;
	if (!(words >> frames) || frames == 0)
		return Error{"found no number of frames"};
	return frames;
}

Result<json> warm(Live &live, std::istream &words)
{
	auto frames = frames_of(words);
	if (!frames)
		return frames.error();
	auto warmed = live.warm(*frames);
	return warmed ? Result<json>(json::object()) : warmed.error();
}

Result<json> send(Live &live, std::istream &words, Watch watch)
{
	auto frames = frames_of(words);
	if (!frames)
		return frames.error();
	const auto result = live.send(*frames, watch);
	if (!result)
		return result.error();
	return result_json(*result);
}

Result<json> aim_at_one(Live &live, std::istream &words)
{
	std::uint32_t flows = 0;
	if (!(words >> flows) || flows == 0 || flows > BENCH_TURNS)
		return Error{fmt::format("found no number of flows up to {}", BENCH_TURNS)};
	bench_dest dest{};
	inet_pton(AF_INET, kOneDest, &dest.word[0]);
	live.aim(flows, {dest});
	return json::object();
}

Result<json> aim_at_file(Live &live, std::istream &words)
{
	std::string path, line;
	words >> path;
	std::ifstream file(path);
	std::vector<bench_dest> given;
	while (std::getline(file, line)) {
		bench_dest dest{};
		if (inet_pton(AF_INET, line.c_str(), &dest.word[0]) != 1)
			return Error{path + ": found '" + line + "', expected an IPv4 address"};
		given.push_back(dest);
	}
	if (given.empty() || given.size() > BENCH_DESTS)
		return Error{
			fmt::format("{}: found no list of up to {} addresses", path, BENCH_DESTS)};
	std::vector<bench_dest> dests(BENCH_DESTS);
	for (std::size_t i = 0; i < dests.size(); i++)
		dests[i] = given[i % given.size()];
	live.aim(static_cast<std::uint32_t>(given.size()), dests);
	return json::object();
}

Result<json> attach(Live &live, std::istream &words)
{
	std::string floor, hook;
	words >> floor >> hook;
	if (!kFloors.contains(floor) || !kHooks.contains(hook))
		return Error{"found '" + floor + " " + hook + "', expected a floor and tc or xdp"};
	auto attached = live.attach(kFloors.at(floor), kHooks.at(hook));
	return attached ? Result<json>(json::object()) : attached.error();
}

Result<json> obey(Live &live, const std::string &line)
{
	std::istringstream words(line);
	std::string command;
	words >> command;
	if (command == "warm")
		return warm(live, words);
	if (command == "send")
		return send(live, words, Watch::marks);
	if (command == "gap")
		return send(live, words, Watch::gaps);
	if (command == "flows")
		return aim_at_one(live, words);
	if (command == "dests")
		return aim_at_file(live, words);
	if (command == "attach")
		return attach(live, words);
	if (command != "detach")
		return Error{"found '" + command + "', expected a command"};
	live.detach();
	return json::object();
}

} // namespace

int measure_live(const LiveOptions &options)
{
	auto live = Live::open(options);
	if (!live)
		return fail(live.error());
	std::string line;
	while (std::getline(std::cin, line)) {
		const auto answer = obey(**live, line);
		if (!answer)
			return fail(answer.error());
		fmt::print("{}\n", (*answer).dump());
		std::fflush(stdout);
	}
	return kDone;
}

} // namespace flowmark::bench
