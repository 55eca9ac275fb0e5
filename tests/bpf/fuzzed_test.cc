// SPDX-License-Identifier: Apache-2.0
// Frames of scapy's fuzz(), made by fuzzed_frames.py, through every program.
//
// FLOWMARK_FUZZED says how many (default 1,000), FLOWMARK_FUZZED_SEED which ones;
// FLOWMARK_FUZZED_FILE where so many are already, for a machine without scapy.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <string>

#include "replay/capture_file.h"
#include "support/all_programs.h"

namespace flowmark::test {

namespace {

unsigned long number_of(const char *variable, unsigned long otherwise)
{
	const char *given = std::getenv(variable);
	return given != nullptr ? std::strtoul(given, nullptr, 10) : otherwise;
}

class FuzzedFrames : public ::testing::Test {
      protected:
	~FuzzedFrames() override
	{
		if (given_ == nullptr)
			unlink(path_.c_str());
	}

	// The script's capture.
	[[nodiscard]] bool make(unsigned long count) const
	{
		if (given_ != nullptr)
			return true;
		const unsigned long seed = number_of("FLOWMARK_FUZZED_SEED",
						     std::random_device()());
		fmt::print("scapy's fuzz(): FLOWMARK_FUZZED_SEED={}\n", seed);
		return std::system(fmt::format("/usr/bin/python3 {}/fuzzed_frames.py {} {} > {}",
					       FLOWMARK_TEST_BPF, count, seed, path_)
					   .c_str()) == 0;
	}

	const char *const given_ = std::getenv("FLOWMARK_FUZZED_FILE");
	const std::string path_ = given_ != nullptr ? given_
						    : fmt::format("{}flowmark-fuzzed-{}.pcap",
								  ::testing::TempDir(), getpid());
};

} // namespace

TEST_F(FuzzedFrames, pass_and_keep_all_but_their_mark)
{
	const std::size_t frames = number_of("FLOWMARK_FUZZED", 1000);
	ASSERT_TRUE(make(frames)) << "fuzzed_frames.py needs python3-scapy";
	auto capture = CaptureFile::open(path_);
	ASSERT_TRUE(capture.ok()) << capture.error().message;
	AllPrograms programs;
	CaptureRecord record;
	std::size_t taken = 0;
	for (; capture->next(record) && !HasFatalFailure(); taken++) {
		if (taken == frames / 2)
			programs.use_policy_for_xdp();
		programs.take({record.bytes.begin(), record.bytes.end()});
	}
	EXPECT_EQ(taken, frames) << capture->broken();
	programs.report("scapy's fuzz()", frames, frames / 200); // XDP leaves most to tc
}

} // namespace flowmark::test
