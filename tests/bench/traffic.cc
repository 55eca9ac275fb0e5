// SPDX-License-Identifier: Apache-2.0
#include "traffic.h"

#include <bpf/bpf.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "names/initials.h"
#include "shapes.h"
#include "traffic.skel.h"

namespace flowmark::bench {

namespace {

constexpr std::size_t kFrameBytes = 128, kL3 = 14;
constexpr std::size_t kTos = 1, kVersion = 0;

// The header's sum without what a packet gets of its own. In the order that bytes have in memory.
std::uint32_t fixed_sum(test::Bytes frame)
{
	frame[kL3 + kTos] = 0;
	std::uint32_t sum = 0;
	for (std::size_t at = 0; at < 10; at += 2) { // up to the checksum; then come the addresses
		std::uint16_t word = 0;
		std::memcpy(&word, &frame[kL3 + at], sizeof(word));
		sum += word;
	}
	return sum;
}

bench_packets packets_of(PacketKind kind)
{
	switch (kind) {
	case PacketKind::known:
		return BENCH_FLOWS;
	case PacketKind::first:
	case PacketKind::hello:
		return BENCH_NEW_FLOWS;
	case PacketKind::unparsable:
		break;
	}
	return BENCH_AS_IT_IS;
}

// Offset of the digits of BENCH_NAME.
std::uint32_t place_of_digits(const test::Bytes &frame)
{
	constexpr std::string_view kName = BENCH_NAME;
	const auto at = std::search(frame.begin(), frame.end(), kName.begin(), kName.end());
	return static_cast<std::uint32_t>(at - frame.begin()) + 1;
}

// Extensions before and behind the name, as browsers shuffle them; one segment, as GRO
// hands it over.
test::Bytes make_hello_frame()
{
	const test::Bytes hello = test::make_hello(
		{.name = BENCH_NAME, .before = 700, .behind = 1000});
	const auto length = static_cast<std::uint16_t>(hello.size());
	test::Bytes record = {22, 3, 1, static_cast<std::uint8_t>(length >> 8),
			      static_cast<std::uint8_t>(length)};
	record.insert(record.end(), hello.begin(), hello.end());
	test::FrameSpec spec;
	spec.protocol = IPPROTO_TCP;
	spec.source.port = 32768;
	spec.dest.port = kPort;
	spec.payload = record.size();
	test::Bytes frame = spec.build();
	std::copy(record.begin(), record.end(), frame.end() - static_cast<long>(record.size()));
	return frame;
}

} // namespace

const char *name_of(PacketKind kind)
{
	switch (kind) {
	case PacketKind::known:
		return "known";
	case PacketKind::first:
		return "first";
	case PacketKind::hello:
		return "hello";
	case PacketKind::unparsable:
		break;
	}
	return "unparsable";
}

std::string describe(const Pattern &pattern)
{
	std::string text = fmt::format("{} v{}", name_of(pattern.packets), pattern.family);
	if (pattern.packets == PacketKind::known)
		text += fmt::format(" flows={}", pattern.flows);
	if (pattern.packets == PacketKind::hello)
		text += fmt::format(" names={}", pattern.flows);
	return text;
}

test::Bytes make_frame(const Pattern &pattern)
{
	if (pattern.packets == PacketKind::hello)
		return make_hello_frame();
	test::FrameSpec spec;
	spec.net = pattern.family == 4 ? test::NetShape::ip4 : test::NetShape::ip6;
	spec.source.port = 32768;
	spec.dest.port = kPort;
	spec.protocol = kProtocol;
	spec.payload = 0;
	spec.payload = kFrameBytes - spec.build().size();
	test::Bytes frame = spec.build();
	if (pattern.packets == PacketKind::unparsable)
		frame[kL3 + kVersion] = 0x44; // a header of 16 bytes
	return frame;
}

Result<std::unique_ptr<Traffic>> Traffic::load()
{
	std::unique_ptr<Traffic> traffic(new Traffic(bench_traffic__open()));
	if (traffic->skeleton_ == nullptr)
		return errno_error("cannot open the traffic programs");
	if (const int status = bench_traffic__load(traffic->skeleton_); status != 0)
		return errno_error("cannot load the traffic programs", status);
	return traffic;
}

Traffic::~Traffic()
{
	bench_traffic__destroy(skeleton_);
}

void Traffic::aim(const Pattern &pattern, const std::vector<bench_dest> &dests)
{
	const test::Bytes frame = make_frame(pattern);
	bench_plan &plan = skeleton_->bss->bench_plan;
	if (plan.packets == BENCH_NEW_FLOWS)
		new_flows_ = std::max<std::uint64_t>(new_flows_, plan.turn);
	plan.packets = packets_of(pattern.packets);
	start_ = plan.packets == BENCH_NEW_FLOWS ? new_flows_ : 0;
	plan.family = static_cast<std::uint32_t>(pattern.family);
	plan.dest_mask = pattern.many_dests ? BENCH_DESTS - 1 : 0;
	plan.names = pattern.packets == PacketKind::hello ? pattern.flows : 0;
	plan.name_at = plan.names == 0 ? 0 : place_of_digits(frame);
	plan.sum = fixed_sum(frame);
	std::memcpy(plan.header, frame.data(), sizeof(plan.header));
	std::copy(dests.begin(), dests.end(), skeleton_->data_dests->bench_dests);
	rewind();
	shuffle(pattern);
}

// Every flow once, then every flow again.
void Traffic::shuffle(const Pattern &pattern)
{
	std::uint32_t *order = skeleton_->data_order->bench_order;
	if (pattern.packets != PacketKind::known)
		return;
	for (std::uint32_t start = 0; start < BENCH_TURNS; start += pattern.flows) {
		const std::uint32_t end = std::min(BENCH_TURNS, start + pattern.flows);
		std::iota(order + start, order + end, 0);
		if (pattern.flows > 1)
			std::shuffle(order + start, order + end, random_);
	}
}

void Traffic::rewind()
{
	skeleton_->bss->bench_plan.turn = start_;
}

Result<int> Traffic::drive(int program_fd, HookPoint hook)
{
	const bool tc = hook == HookPoint::tc;
	const bpf_map *next = tc ? skeleton_->maps.bench_next_tc : skeleton_->maps.bench_next_xdp;
	const std::uint32_t key = 0;
	if (bpf_map_update_elem(bpf_map__fd(next), &key, &program_fd, BPF_ANY) != 0)
		return errno_error("cannot put a program behind the traffic");
	return bpf_program__fd(tc ? skeleton_->progs.bench_drive_tc
				  : skeleton_->progs.bench_drive_xdp);
}

} // namespace flowmark::bench
