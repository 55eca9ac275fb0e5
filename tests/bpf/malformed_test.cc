// SPDX-License-Identifier: Apache-2.0
// Frames that no sender means well with, through every program: built shapes and what the
// vendored captures hold, cut, spliced and with bytes changed. Whatever comes: it passes, and
// nothing changes but six bits and the checksum that has to follow them.
//
// FLOWMARK_MALFORMED says how many frames (default 100,000); FLOWMARK_CAPTURES other captures.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/pkt_cls.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "replay/capture_file.h"
#include "support/path.h"

namespace flowmark::test {

namespace {

constexpr std::size_t kLongest = 1514, kShortest = 14, kNote = 8;
constexpr std::size_t kFrames = 100'000;

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

std::size_t wanted()
{
	const char *given = std::getenv("FLOWMARK_MALFORMED");
	return given != nullptr ? std::strtoul(given, nullptr, 10) : kFrames;
}

void add_captures(const std::filesystem::path &folder, std::vector<Bytes> &seeds)
{
	for (const auto &entry : std::filesystem::recursive_directory_iterator(folder)) {
		const auto type = entry.path().extension();
		if (type != ".pcap" && type != ".pcapng")
			continue;
		auto capture = CaptureFile::open(entry.path());
		CaptureRecord record;
		while (capture && capture->next(record))
			if (record.bytes.size() >= kShortest)
				seeds.emplace_back(record.bytes.begin(),
						   record.bytes.begin() +
							   static_cast<std::ptrdiff_t>(std::min(
								   record.bytes.size(), kLongest)));
	}
}

void add_shapes(std::vector<Bytes> &seeds)
{
	for (const LinkShape link : kLinkShapes)
		for (const NetShape net : kNetShapes)
			for (const int protocol : {6, 17, 1, 58, 47}) {
				FrameSpec frame;
				frame.link = link;
				frame.net = net;
				frame.protocol = static_cast<std::uint8_t>(protocol);
				seeds.push_back(frame.build());
			}
}

class Mutator {
      public:
	explicit Mutator(std::vector<Bytes> seeds) : seeds_(std::move(seeds)) {}

	Bytes next()
	{
		Bytes frame = any_seed();
		for (std::size_t changes = pick(6); changes > 0; changes--)
			change(frame);
		frame.resize(std::clamp(frame.size(), kShortest, kLongest));
		return frame;
	}

      private:
	std::size_t pick(std::size_t below) { return below == 0 ? 0 : random_() % below; }
	const Bytes &any_seed() { return seeds_[pick(seeds_.size())]; }

	// Headers more often than what is behind them.
	std::uint8_t &byte_of(Bytes &frame)
	{
		const std::size_t reach = pick(4) == 0 ? frame.size()
						       : std::min<std::size_t>(frame.size(), 80);
		return frame[pick(reach)];
	}

	void change(Bytes &frame)
	{
		if (frame.empty())
			return;
		switch (pick(6)) {
		case 0:
			byte_of(frame) = static_cast<std::uint8_t>(random_());
			break;
		case 1:
			byte_of(frame) ^= static_cast<std::uint8_t>(1U << pick(8));
			break;
		case 2: { // what parsers trip over
			constexpr std::array<std::uint8_t, 8> values{0,	   1,	 0x45, 0x46,
								     0x60, 0x7f, 0x80, 0xff};
			byte_of(frame) = values[pick(values.size())];
			break;
		}
		case 3:
			frame.resize(1 + pick(frame.size()));
			break;
		case 4: { // the end of another frame
			const Bytes &other = any_seed();
			const std::size_t at = pick(std::min(frame.size(), other.size()));
			frame.resize(at);
			frame.insert(frame.end(), other.begin() + static_cast<std::ptrdiff_t>(at),
				     other.end());
			break;
		}
		default: { // bytes twice, or gone
			const auto at = frame.begin() +
					static_cast<std::ptrdiff_t>(pick(frame.size()));
			const auto count = static_cast<std::ptrdiff_t>(
				pick(std::min<std::size_t>(frame.end() - at, 24)));
			if (pick(2) == 0) {
				frame.erase(at, at + count);
			} else {
				const Bytes piece(at, at + count);
				frame.insert(at, piece.begin(), piece.end());
			}
		}
		}
	}

	std::vector<Bytes> seeds_;
	std::mt19937_64 random_{20261123};
};

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

struct Program {
	const char *name;
	int fd, pass;
	std::size_t taken = 0, marked = 0;
};

// The kernel refuses a few as frames (14 bytes, less than the IP header that the EtherType
// promises). They do not count.
void run(Program &program, const Bytes &frame)
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

} // namespace

TEST(Malformed, frames_pass_and_keep_all_but_their_mark)
{
	std::vector<Bytes> seeds;
	add_shapes(seeds);
	const char *captures = std::getenv("FLOWMARK_CAPTURES");
	const std::size_t shapes = seeds.size();
	add_captures(captures != nullptr ? captures : FLOWMARK_TEST_CAPTURES, seeds);
	ASSERT_GT(seeds.size(), shapes + 1000) << "hardly a frame in the captures";

	Path path(kEverything);
	path.prove_xdp(true);
	std::array<Program, 3> programs{
		Program{"ingress", path.object().program_fd(FM_INGRESS), TC_ACT_UNSPEC},
		Program{"egress", path.object().program_fd(FM_EGRESS), TC_ACT_UNSPEC},
		Program{"xdp", path.object().xdp_fd(false), XDP_PASS}};
	Mutator mutator(std::move(seeds));
	const std::size_t frames = wanted();
	for (std::size_t i = 0; i < frames && !HasFatalFailure(); i++) {
		if (i == frames / 2)
			path.reload(kForXdp);
		path.set_raw(i / 1000 % 8 == 7); // some as if of a device without link header
		const Bytes frame = mutator.next();
		for (Program &program : programs)
			run(program, frame);
	}
	for (const Program &program : programs) {
		fmt::print("malformed: {} frames through {}, {} marked\n", program.taken,
			   program.name, program.marked);
		EXPECT_GT(program.taken, frames * 9 / 10) << program.name;
		EXPECT_GT(program.marked, frames / 20) << program.name;
	}
}

} // namespace flowmark::test
