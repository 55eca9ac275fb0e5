// SPDX-License-Identifier: Apache-2.0
#include "quiet.h"

#include <gtest/gtest.h>

#include <deque>

namespace flowmark::bench {

namespace {

constexpr double kPatience = 60;

// Answers with these times, then with the last for ever.
std::function<Result<double>()> probes(std::deque<double> times)
{
	return [times]() mutable {
		const double time = times.front();
		if (times.size() > 1)
			times.pop_front();
		return Result<double>(time);
	};
}

// Samples that number themselves.
struct Numbered {
	int taken = 0;
	Result<double> operator()() { return Result<double>(++taken); }
};

TEST(Quiet, a_sample_taken_in_peace_counts)
{
	Quiet quiet(probes({10, 11}), kPatience);
	Numbered samples;
	EXPECT_EQ(*quiet.sample(std::ref(samples)), 1);
	EXPECT_EQ(quiet.disturbed(), 0U);
}

TEST(Quiet, a_sample_after_which_the_probe_is_slow_is_taken_again)
{
	Quiet quiet(probes({10, 20, 10, 10}), kPatience);
	Numbered samples;
	EXPECT_EQ(*quiet.sample(std::ref(samples)), 2);
	EXPECT_EQ(quiet.disturbed(), 0U);
}

TEST(Quiet, without_peace_the_last_sample_counts_and_is_told)
{
	Quiet quiet(probes({10, 20}), kPatience);
	Numbered samples;
	EXPECT_GT(*quiet.sample(std::ref(samples)), 1);
	EXPECT_EQ(quiet.disturbed(), 1U);
}

TEST(Quiet, without_patience_the_first_sample_counts)
{
	Quiet quiet(probes({10, 20}), 0);
	Numbered samples;
	EXPECT_EQ(*quiet.sample(std::ref(samples)), 1);
	EXPECT_EQ(quiet.disturbed(), 1U);
}

TEST(Quiet, a_failure_is_handed_on)
{
	Quiet quiet(probes({10}), kPatience);
	const auto taken = quiet.sample([] { return Result<double>(Error{"broken"}); });
	ASSERT_FALSE(taken);
	EXPECT_EQ(taken.error().message, "broken");
}

} // namespace

} // namespace flowmark::bench
