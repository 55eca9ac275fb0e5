// SPDX-License-Identifier: Apache-2.0
// The packet path's parser of headers, its marking, and what it hands to the agent. Input:
// frames, each behind
//   what    1 byte: bit 0 no link header, 1 a tag beside the frame, 2-7 the mark to write
//   length  2 bytes, at most what is left
// What is said of a frame stands at its place in the bytes, of which none beyond the last is
// read; marking changes the six bits and IPv4's checksum, which stays as right or wrong as it
// was; and what is handed on stands in the frame.
#include <algorithm>
#include <cstddef>
#include <memory>

#include "fuzz/name_checks.h"
#include "fuzz/packet_path/packet_path.h"
#include "fuzz/packet_path/tables.h"

using namespace flowmark;
using fuzz::require;
using fuzz::View;

namespace {

constexpr std::size_t kIp4 = 20, kIp6 = 40;

// An allocation of just its bytes.
class Frame {
      public:
	Frame(View bytes, std::uint8_t what)
		: bytes_(std::make_unique<std::uint8_t[]>(bytes.size())),
		  frame_{bytes_.get(), static_cast<std::uint32_t>(bytes.size()), what & 1U,
			 what & 2 ? 0x6007 : -1}
	{
		std::copy(bytes.begin(), bytes.end(), bytes_.get());
	}
	[[nodiscard]] const packet_frame *get() const { return &frame_; }
	[[nodiscard]] View bytes() const { return {frame_.bytes, frame_.length}; }

      private:
	std::unique_ptr<std::uint8_t[]> bytes_;
	packet_frame frame_;
};

std::uint64_t number(View bytes, std::size_t at, std::size_t width)
{
	std::uint64_t value = 0;
	for (const std::uint8_t byte : bytes.subspan(at, width))
		value = value << 8 | byte;
	return value;
}

void check_ip4(const packet_facts &facts, View bytes)
{
	require(facts.l3 + kIp4 <= bytes.size() && bytes[facts.l3] >> 4 == 4, "an IPv4 header");
	require(facts.src[0] == 0 && facts.src[1] == number(bytes, facts.l3 + 12, 4) &&
			facts.dst[0] == 0 && facts.dst[1] == number(bytes, facts.l3 + 16, 4),
		"IPv4 addresses");
	require(facts.l4 == facts.l3 + 4U * (bytes[facts.l3] & 15) && facts.l4 >= facts.l3 + kIp4,
		"the end of an IPv4 header");
	require(facts.protocol == bytes[facts.l3 + 9], "an IPv4 protocol");
	require(facts.dscp == bytes[facts.l3 + 1] >> 2, "an IPv4 mark");
}

void check_ip6(const packet_facts &facts, View bytes)
{
	require(facts.l3 + kIp6 <= bytes.size() && bytes[facts.l3] >> 4 == 6, "an IPv6 header");
	for (std::size_t i = 0; i < 2; i++)
		require(facts.src[i] == number(bytes, facts.l3 + 8 + 8 * i, 8) &&
				facts.dst[i] == number(bytes, facts.l3 + 24 + 8 * i, 8),
			"IPv6 addresses");
	require(facts.l4 >= facts.l3 + kIp6 && (facts.l4 - facts.l3) % 4 == 0,
		"the end of the IPv6 headers");
	require(facts.dscp == (number(bytes, facts.l3, 2) >> 6 & 63), "an IPv6 mark");
}

void check_facts(const packet_facts &facts, View bytes)
{
	if (facts.reason != -1) {
		require(facts.reason >= 0 && facts.reason < FM_REASON_COUNT, "a reason");
		return;
	}
	require(facts.family == 4 || facts.family == 6, "a family");
	if (facts.family == 4)
		check_ip4(facts, bytes);
	else
		check_ip6(facts, bytes);
	if (!facts.has_ports || facts.later_fragment)
		return;
	require(facts.l4 + 4 <= bytes.size() && facts.sport == number(bytes, facts.l4, 2) &&
			facts.dport == number(bytes, facts.l4 + 2, 2),
		"ports");
}

// The ones' complement sum of an IPv4 header's first 20 bytes; 0 and 0xffff are one.
std::uint64_t header_sum(View bytes, std::size_t l3)
{
	std::uint64_t sum = 0;
	for (std::size_t at = 0; at < kIp4; at += 2)
		sum += number(bytes, l3 + at, 2);
	return sum % 0xffff;
}

void check_mark(const packet_facts &facts, View before, View after, std::uint8_t dscp)
{
	std::vector<std::uint8_t> expected(before.begin(), before.end());
	if (facts.reason == -1 && facts.family == 4) {
		std::uint8_t *ip = &expected[facts.l3];
		require(header_sum(before, facts.l3) == header_sum(after, facts.l3),
			"a checksum that follows");
		ip[1] = static_cast<std::uint8_t>(dscp << 2 | (ip[1] & 3));
		std::copy_n(&after[facts.l3 + 10], 2, ip + 10);
	}
	if (facts.reason == -1 && facts.family == 6) {
		std::uint8_t *ip = &expected[facts.l3];
		ip[0] = static_cast<std::uint8_t>(0x60 | dscp >> 2);
		ip[1] = static_cast<std::uint8_t>(dscp << 6 | (ip[1] & 0x3f));
	}
	require(std::equal(expected.begin(), expected.end(), after.begin()),
		"the mark and nothing else");
}

void check_punted(View frame)
{
	constexpr std::size_t kHead = offsetof(fm_punt, payload);
	for (const auto &bytes : fuzz::punted()) {
		fm_punt punt{};
		require(bytes.size() > kHead && bytes.size() <= sizeof(punt), "a punt's size");
		std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::uint8_t *>(&punt));
		require(punt.length == bytes.size() - kHead, "the length of what is handed on");
		require(std::search(frame.begin(), frame.end(), bytes.begin() + kHead,
				    bytes.end()) != frame.end(),
			"what is handed on stands in the frame");
	}
	fuzz::forget_punted();
}

void check_frame(View bytes, std::uint8_t what)
{
	const Frame frame(bytes, what);
	packet_facts facts{};
	packet_parse(frame.get(), &facts);
	check_facts(facts, bytes);
	packet_watch(frame.get());
	require(std::equal(bytes.begin(), bytes.end(), frame.bytes().begin()),
		"looking changes nothing");
	check_punted(bytes);
	const auto dscp = static_cast<std::uint8_t>(what >> 2);
	packet_mark(frame.get(), dscp);
	check_mark(facts, bytes, frame.bytes(), dscp);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	fuzz::reset_tables();
	View input(data, size);
	while (input.size() >= 3) {
		const std::uint8_t what = input[0];
		const auto length = static_cast<std::size_t>(number(input, 1, 2));
		input = input.subspan(3);
		const View frame = input.first(std::min(length, input.size()));
		check_frame(frame, what);
		input = input.subspan(frame.size());
		fuzz::pass_time(1'000'000);
	}
	for (const fm_name &name : fuzz::learned_names())
		fuzz::require_kept_well(name);
	return 0;
}
