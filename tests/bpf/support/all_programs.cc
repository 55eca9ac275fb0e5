// SPDX-License-Identifier: Apache-2.0
#include "support/all_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/pkt_cls.h>

#include <algorithm>
#include <initializer_list>

namespace flowmark::test {

namespace {

constexpr std::size_t kNote = 8;

// Every kind of condition, so that every part of the programs has something to do.
constexpr const char *kEverything = R"(
classes:
  - { name: voice, dscp: EF }
  - { name: video, dscp: AF41 }
  - { name: bulk, dscp: CS1 }
  - { name: as-it-is, dscp: keep }
sets:
  near: { prefixes: [192.0.2.0/24, 10.0.0.0/8, "2001:db8::/32"] }
rules:
  - { class: voice, host: ["*.example", "*.com"] }
  - { class: video, dscp: AF11, protocol: udp }
  - { class: voice, protocol: udp, server_port: [53, 443] }
  - { class: bulk, protocol: tcp, server_port: [443, 80] }
  - { class: bulk, vlan: 7 }
  - { class: as-it-is, address: "@near" }
default: video
)";
// XDP leaves policies that look at marks to tc.
constexpr const char *kForXdp = R"(
classes:
  - { name: voice, dscp: EF }
  - { name: bulk, dscp: CS1 }
rules:
  - { class: voice, protocol: udp }
default: bulk
)";

std::uint32_t ip4_sum(const Bytes &frame, std::size_t at, std::size_t length)
{
	std::uint32_t sum = 0;
	for (std::size_t i = at; i + 1 < at + length && i + 1 < frame.size(); i += 2)
		sum += static_cast<std::uint32_t>(frame[i]) << 8 | frame[i + 1];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

bool same_but(const Bytes &before, Bytes after, std::initializer_list<std::size_t> places)
{
	for (const std::size_t place : places)
		if (place < after.size())
			after[place] = before[place];
	return before == after;
}

// An IPv4 header whose TOS byte is at `at`: its six bits, and the checksum, as right or wrong
// as before.
bool is_mark4(const Bytes &before, const Bytes &after, std::size_t at)
{
	const std::size_t ip = at - 1;
	if (before[ip] >> 4 != 4 || ((before[at] ^ after[at]) & 3) != 0)
		return false;
	const std::size_t length = 4U * (before[ip] & 15);
	return same_but(before, after, {at, ip + 10, ip + 11}) &&
	       ip4_sum(before, ip, length) == ip4_sum(after, ip, length);
}

// An IPv6 header at `at`: the upper six bits of its traffic class.
bool is_mark6(const Bytes &before, const Bytes &after, std::size_t at)
{
	return before[at] >> 4 == 6 && after[at] >> 4 == 6 && at + 1 < before.size() &&
	       ((before[at + 1] ^ after[at + 1]) & 0x3f) == 0 &&
	       same_but(before, after, {at, at + 1});
}

bool is_marked_at_most(const Bytes &before, const Bytes &after)
{
	if (before.size() != after.size())
		return false;
	const auto [first, _] = std::mismatch(before.begin(), before.end(), after.begin());
	if (first == before.end())
		return true;
	const auto at = static_cast<std::size_t>(first - before.begin());
	return (at > 0 && is_mark4(before, after, at)) || is_mark6(before, after, at) ||
	       (at > 0 && is_mark6(before, after, at - 1));
}

std::string hex(const Bytes &frame)
{
	return fmt::format("{:02x}", fmt::join(frame, ""));
}

} // namespace

AllPrograms::AllPrograms()
	: path_(kEverything), programs_{Program{"ingress", path_.object().program_fd(FM_INGRESS),
						TC_ACT_UNSPEC},
					Program{"egress", path_.object().program_fd(FM_EGRESS),
						TC_ACT_UNSPEC},
					Program{"xdp", path_.object().xdp_fd(false), XDP_PASS}}
{
	if (const int frags = path_.object().xdp_fd(true); frags >= 0) // else before 5.18
		programs_.push_back(Program{"xdp.frags", frags, XDP_PASS});
	path_.prove_xdp(true);
}

void AllPrograms::use_policy_for_xdp()
{
	path_.reload(kForXdp);
}

// The kernel refuses a few as frames (14 bytes, less than the IP header that the EtherType
// promises). They do not count.
void AllPrograms::run(Program &program, const Bytes &frame)
{
	static Bytes out(2 * kLongest);
	LIBBPF_OPTS(bpf_test_run_opts, options);
	options.data_in = frame.data();
	options.data_size_in = static_cast<std::uint32_t>(frame.size());
	options.data_out = out.data();
	options.data_size_out = static_cast<std::uint32_t>(out.size());
	options.repeat = 1;
	const int status = bpf_prog_test_run_opts(program.fd, &options);
	if (status != 0) {
		ASSERT_EQ(status, -EINVAL) << program.name;
		ASSERT_LT(frame.size(), 60U) << program.name << ' ' << hex(frame);
		return;
	}
	// Newer kernels hand XDP's note out too, in front of the frame.
	const bool noted = program.pass == XDP_PASS &&
			   options.data_size_out == frame.size() + kNote;
	const Bytes after(out.begin() + (noted ? kNote : 0), out.begin() + options.data_size_out);
	ASSERT_EQ(static_cast<int>(options.retval), program.pass)
		<< program.name << ' ' << hex(frame);
	ASSERT_TRUE(is_marked_at_most(frame, after))
		<< program.name << "\nbefore " << hex(frame) << "\nafter  " << hex(after);
	program.taken++;
	program.marked += after != frame ? 1 : 0;
}

void AllPrograms::take(const Bytes &frame)
{
	for (Program &program : programs_)
		run(program, frame);
}

void AllPrograms::report(const char *kind, std::size_t frames, std::size_t least_marked) const
{
	for (const Program &program : programs_) {
		fmt::print("{}: {} frames through {}, {} marked\n", kind, program.taken,
			   program.name, program.marked);
		EXPECT_GT(program.taken, frames * 9 / 10) << program.name;
		EXPECT_GE(program.marked, least_marked) << program.name;
	}
}

} // namespace flowmark::test
