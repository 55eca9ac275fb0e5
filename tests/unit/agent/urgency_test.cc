// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "base/urgency.h"

namespace flowmark {

namespace {

using namespace std::chrono_literals;

int policy()
{
	int policy = -1;
	sched_param parameters{};
	pthread_getschedparam(pthread_self(), &policy, &parameters);
	return policy;
}

void work(std::chrono::nanoseconds time)
{
	timespec used{};
	const auto now = [&] {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
		return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
	};
	for (const auto end = now() + time; now() < end;)
		;
}

// In a thread of its own: the priority must not outlive the test. Where the system lets
// nobody go first the thread stays one of many.
TEST(Urgency, a_thread_goes_first_until_it_has_used_its_share)
{
	std::thread([] {
		Urgency urgency(5ms, 1h);
		const bool allowed = urgency.review();
		EXPECT_EQ(policy(), allowed ? SCHED_RR : SCHED_OTHER);
		work(6ms);
		EXPECT_EQ(urgency.review(), allowed);
		EXPECT_EQ(policy(), SCHED_OTHER);
		EXPECT_EQ(urgency.review(), allowed);
		EXPECT_EQ(policy(), SCHED_OTHER);
	}).join();
}

TEST(Urgency, and_again_in_the_next_window)
{
	std::thread([] {
		constexpr auto kWindow = 20ms;
		// On a busy machine the next window may have come before its time: once more.
		for (bool in_time = false; !in_time;) {
			const auto begun = std::chrono::steady_clock::now();
			Urgency urgency(1ms, kWindow);
			const bool allowed = urgency.review();
			work(2ms);
			urgency.review();
			const int used_up = policy();
			in_time = std::chrono::steady_clock::now() - begun < kWindow;
			if (in_time) {
				EXPECT_EQ(used_up, SCHED_OTHER);
			}
			std::this_thread::sleep_for(kWindow);
			urgency.review();
			EXPECT_EQ(policy(), allowed ? SCHED_RR : SCHED_OTHER);
		}
	}).join();
}

} // namespace

} // namespace flowmark
