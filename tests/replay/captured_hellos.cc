// SPDX-License-Identifier: Apache-2.0
#include "replay/captured_hellos.h"

#include <netinet/in.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>

#include "names/frame.h"
#include "replay/capture_file.h"
#include "replay/link_layer.h"
#include "replay/packet_reader.h"

namespace flowmark::test {

namespace {

using nlohmann::json;

constexpr int kRawLink = 101;
constexpr std::size_t kRecordHeader = 5, kMessageHeader = 4;

// Of a client's bytes, by sequence number from the hello's on: what came first holds.
using Stream = std::map<std::uint32_t, std::uint8_t>;

bool begins_hello(View bytes)
{
	return bytes.size() > kRecordHeader && bytes[0] == 0x16 && bytes[1] == 3 &&
	       bytes[kRecordHeader] == 1;
}

// The records that hold the message, or nothing if not all is there.
Bytes whole_hello(const Bytes &stream)
{
	std::size_t at = 0, body = 0, wanted = kMessageHeader;
	Bytes message;
	while (body < wanted) {
		if (at + kRecordHeader > stream.size() || stream[at] != 0x16)
			return {};
		const std::size_t record = stream[at + 3] * 256U + stream[at + 4];
		at += kRecordHeader;
		if (record == 0 || at + record > stream.size())
			return {};
		message.insert(message.end(), stream.begin() + static_cast<long>(at),
			       stream.begin() + static_cast<long>(at + record));
		body += record;
		at += record;
		if (body >= kMessageHeader)
			wanted = kMessageHeader + (std::size_t{message[1]} << 16 |
						   std::size_t{message[2]} << 8 | message[3]);
	}
	return {stream.begin(), stream.begin() + static_cast<long>(at)};
}

Bytes without_gaps(const Stream &stream)
{
	Bytes bytes;
	for (const auto &[at, byte] : stream) {
		if (at != bytes.size())
			break;
		bytes.push_back(byte);
	}
	return bytes;
}

Bytes read_hello(const std::string &path, const json &truth)
{
	auto capture = CaptureFile::open(path);
	if (!capture)
		return {};
	// The truth tells the frame in which it became whole, or an earlier one of it.
	const auto told = truth["frame"].get<std::uint64_t>();
	Stream stream;
	std::uint32_t start = 0;
	for (CaptureRecord record; capture->next(record);) {
		auto link = LinkLayer::of(record.link_type);
		if (!link)
			continue;
		const Frame frame = link->frame(record.bytes);
		const auto packet = PacketReader().read(frame);
		if (!packet)
			continue;
		const auto segment = parse_frame(frame.bytes.subspan(packet->l3), kRawLink);
		if (!segment || segment->protocol != IPPROTO_TCP ||
		    segment->sport != truth["sport"] || segment->dport != truth["port"])
			continue;
		if (begins_hello(segment->payload) && (record.number <= told || stream.empty())) {
			stream.clear();
			start = segment->seq;
		} else if (stream.empty()) {
			continue;
		}
		for (std::size_t i = 0; i < segment->payload.size(); i++)
			stream.emplace(segment->seq - start + static_cast<std::uint32_t>(i),
				       segment->payload[i]);
		if (record.number < told)
			continue;
		if (Bytes hello = whole_hello(without_gaps(stream)); !hello.empty())
			return hello;
	}
	return {};
}

bool is_asked_for(const json &truth)
{
	const auto stack = truth["stack"].get<std::string>();
	const auto inside = [&](const char *tunnel) {
		return stack.find(tunnel) != std::string::npos;
	};
	return truth["transport"] == "tls" && truth["sni"].is_string() && truth["complete"] &&
	       !inside("gre") && !inside("vxlan") && !inside("geneve") && !inside("gtp") &&
	       !inside("capwap") && !inside("ip:ip") && !inside("ipv6:ip");
}

} // namespace

std::vector<CapturedHello> read_captured_hellos(const std::string &folder)
{
	std::ifstream lines(folder + "/truth-public.jsonl");
	std::vector<CapturedHello> hellos;
	std::set<Bytes> seen;
	for (std::string line; std::getline(lines, line);) {
		const json truth = json::parse(line);
		if (!is_asked_for(truth))
			continue;
		CapturedHello hello;
		hello.bytes = read_hello(folder + "/" + truth["file"].get<std::string>(), truth);
		hello.name = truth["sni"];
		std::transform(hello.name.begin(), hello.name.end(), hello.name.begin(),
			       [](unsigned char byte) { return std::tolower(byte); });
		hello.file = fmt::format("{}:{}", truth["file"].get<std::string>(),
					 truth["sport"].get<int>());
		if (!hello.bytes.empty() && seen.insert(hello.bytes).second)
			hellos.push_back(std::move(hello));
	}
	return hellos;
}

} // namespace flowmark::test
