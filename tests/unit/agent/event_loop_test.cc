// SPDX-License-Identifier: Apache-2.0
#include <sys/eventfd.h>
#include <unistd.h>

#include <optional>

#include <gtest/gtest.h>

#include "base/event_loop.h"

namespace flowmark {

namespace {

std::unique_ptr<EventLoop> open_loop()
{
	auto loop = EventLoop::open();
	return loop ? std::move(*loop) : nullptr;
}

// Readable from the start.
UniqueFd readable()
{
	return UniqueFd(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
}

} // namespace

TEST(EventLoop, calls_back_with_the_events_until_it_is_stopped)
{
	const auto loop = open_loop();
	const UniqueFd fd = readable();
	int calls = 0;
	std::uint32_t seen = 0;
	auto watch = loop->watch(fd.fd(), EPOLLIN, [&](std::uint32_t events) {
		seen = events;
		if (++calls == 3)
			loop->stop();
	});
	ASSERT_TRUE(watch.ok());
	loop->run();
	EXPECT_EQ(calls, 3);
	EXPECT_EQ(seen, EPOLLIN);
}

TEST(EventLoop, a_stop_before_the_run_ends_it)
{
	const auto loop = open_loop();
	loop->stop();
	loop->run();
	SUCCEED() << "it returned";
}

TEST(EventLoop, a_callback_may_destroy_its_own_watch)
{
	const auto loop = open_loop();
	const UniqueFd fd = readable();
	const UniqueFd other = readable();
	std::optional<EventLoop::Watch> watch;
	int calls = 0;
	auto made = loop->watch(fd.fd(), EPOLLIN, [&, text = std::string(100, 'x')](std::uint32_t) {
		watch.reset();
		calls += static_cast<int>(text.size()); // the callback is still whole
	});
	ASSERT_TRUE(made.ok());
	watch = std::move(*made);
	int rounds = 0;
	auto end = loop->watch(other.fd(), EPOLLIN, [&](std::uint32_t) {
		if (++rounds == 3)
			loop->stop();
	});
	ASSERT_TRUE(end.ok());
	loop->run();
	EXPECT_EQ(calls, 100);
}

TEST(EventLoop, an_event_already_fetched_does_not_reach_a_destroyed_watch)
{
	const auto loop = open_loop();
	const UniqueFd fds[2] = {readable(), readable()};
	std::optional<EventLoop::Watch> watches[2];
	int calls = 0;
	for (int i = 0; i < 2; ++i) {
		auto watch = loop->watch(fds[i].fd(), EPOLLIN, [&, i](std::uint32_t) {
			++calls;
			watches[1 - i].reset();
			loop->stop();
		});
		ASSERT_TRUE(watch.ok());
		watches[i] = std::move(*watch);
	}
	loop->run();
	EXPECT_EQ(calls, 1);
}

TEST(EventLoop, no_events_wanted_means_no_calls)
{
	const auto loop = open_loop();
	const UniqueFd quiet = readable();
	const UniqueFd loud = readable();
	int quiet_calls = 0, loud_calls = 0;
	auto first = loop->watch(quiet.fd(), EPOLLIN, [&](std::uint32_t) { ++quiet_calls; });
	auto second = loop->watch(loud.fd(), EPOLLIN, [&](std::uint32_t) {
		if (++loud_calls == 5)
			loop->stop();
	});
	ASSERT_TRUE(first.ok());
	ASSERT_TRUE(second.ok());
	first->set_events(0);
	loop->run();
	EXPECT_EQ(quiet_calls, 0);
}

TEST(EventLoop, a_descriptor_that_cannot_be_watched_is_an_error)
{
	const auto loop = open_loop();
	const auto watch = loop->watch(-1, EPOLLIN, [](std::uint32_t) {});
	EXPECT_FALSE(watch.ok());
}

TEST(Timer, comes_again_until_it_is_stopped)
{
	const auto loop = open_loop();
	int ticks = 0;
	auto timer = Timer::open(*loop, [&] {
		if (++ticks == 3)
			loop->stop();
	});
	ASSERT_TRUE(timer.ok());
	timer->start(std::chrono::milliseconds(1));
	loop->run();
	EXPECT_EQ(ticks, 3);
}

TEST(Signals, are_delivered_in_the_loop)
{
	const auto loop = open_loop();
	int seen = 0;
	auto signals = Signals::open(*loop, {SIGUSR1, SIGUSR2}, [&](int number) {
		seen = number;
		loop->stop();
	});
	ASSERT_TRUE(signals.ok());
	::kill(::getpid(), SIGUSR2);
	loop->run();
	EXPECT_EQ(seen, SIGUSR2);
}

} // namespace flowmark
