// SPDX-License-Identifier: Apache-2.0
// Frames that no sender means well with, through every program: built shapes and what the
// vendored captures hold, cut, spliced and with bytes changed. Whatever comes: it passes, and
// nothing changes but six bits and the checksum that has to follow them.
//
// FLOWMARK_MALFORMED says how many frames (default 100,000); FLOWMARK_CAPTURES other captures.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <vector>

#include "replay/capture_file.h"
#include "support/all_programs.h"

namespace flowmark::test {

namespace {

constexpr std::size_t kLongest = AllPrograms::kLongest, kShortest = AllPrograms::kShortest;
constexpr std::size_t kFrames = 100'000;

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

} // namespace

TEST(Malformed, frames_pass_and_keep_all_but_their_mark)
{
	std::vector<Bytes> seeds;
	add_shapes(seeds);
	const char *captures = std::getenv("FLOWMARK_CAPTURES");
	const std::size_t shapes = seeds.size();
	add_captures(captures != nullptr ? captures : FLOWMARK_TEST_CAPTURES, seeds);
	ASSERT_GT(seeds.size(), shapes + 1000) << "hardly a frame in the captures";

	AllPrograms programs;
	Mutator mutator(std::move(seeds));
	const std::size_t frames = wanted();
	for (std::size_t i = 0; i < frames && !HasFatalFailure(); i++) {
		if (i == frames / 2)
			programs.use_policy_for_xdp();
		programs.set_raw(i / 1000 % 8 == 7);
		programs.take(mutator.next());
	}
	programs.report("malformed", frames, frames / 20);
}

} // namespace flowmark::test
