// SPDX-License-Identifier: Apache-2.0
// DNS messages and streams: no crash, and no label of a name that the bytes do not hold.
//
// The first byte chooses: even, the rest is a message; odd, it is what a server sends over TCP, in
// segments that each have a length byte and a byte that moves their place.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "names/dns_message.h"
#include "names/dns_streams.h"
#include "names/name.h"

namespace {

using flowmark::Bytes;

std::string lower(Bytes bytes)
{
	std::string text(bytes.begin(), bytes.end());
	std::transform(text.begin(), text.end(), text.begin(), flowmark::to_lower);
	return text;
}

void require(bool held)
{
	if (!held)
		std::abort();
}

void check_labels(std::string_view name, std::string_view bytes)
{
	require(!name.empty() && name.size() <= FM_NAME_BYTES);
	while (!name.empty()) {
		const std::string_view label = name.substr(0, name.find('.'));
		const auto length = flowmark::to_lower(static_cast<char>(label.size()));
		require(bytes.find(length + std::string(label)) != std::string_view::npos);
		name.remove_prefix(std::min(label.size() + 1, name.size()));
	}
}

void check_message(Bytes message, bool truncated)
{
	const std::string bytes = lower(message);
	const flowmark::DnsMessage parsed = flowmark::parse_dns(message, truncated);
	for (const flowmark::DnsAnswer &answer : parsed.answers) {
		check_labels(answer.name, bytes);
		require(flowmark::make_name(answer.name, FM_EVIDENCE_DNS).length ==
			answer.name.size());
		for (const std::string &name : answer.public_names)
			require(bytes.find(name) != std::string::npos);
		for (const flowmark::DnsBinding &binding : answer.bindings) {
			const auto &address = binding.address;
			const auto end = address.bytes.begin() + (address.family == 4 ? 4 : 16);
			require(std::search(message.begin(), message.end(), address.bytes.begin(),
					    end) != message.end());
		}
	}
}

void check_stream(Bytes bytes)
{
	flowmark::DnsStreams streams(2, 1);
	std::uint32_t seq = 0;
	while (bytes.size() > 2) {
		const std::size_t length = std::min<std::size_t>(bytes[0], bytes.size() - 2);
		const std::uint8_t move = bytes[1];
		const Bytes payload = bytes.subspan(2, length);
		const flowmark::DnsStreamKey key{
			{}, {}, 53, static_cast<std::uint16_t>(move >> 6), 0};
		const auto at = seq + static_cast<std::uint32_t>(move & 0x3f) - 0x20;
		for (const auto &message : streams.take(key, at, payload, seq))
			check_message(message, false);
		seq += static_cast<std::uint32_t>(length);
		bytes = bytes.subspan(2 + length);
	}
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	if (size == 0)
		return 0;
	const Bytes rest = Bytes(data, size).subspan(1);
	if (data[0] & 1)
		check_stream(rest);
	else
		check_message(rest, data[0] & 2);
	return 0;
}
