// SPDX-License-Identifier: Apache-2.0
#include "base/event_loop.h"

#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>

namespace flowmark {

EventLoop::Watch::Watch(Watch &&other) noexcept
	: loop_(std::exchange(other.loop_, nullptr)), id_(other.id_)
{}

EventLoop::Watch &EventLoop::Watch::operator=(Watch &&other) noexcept
{
	if (this != &other) {
		if (loop_ != nullptr)
			loop_->forget(id_);
		loop_ = std::exchange(other.loop_, nullptr);
		id_ = other.id_;
	}
	return *this;
}

EventLoop::Watch::~Watch()
{
	if (loop_ != nullptr)
		loop_->forget(id_);
}

void EventLoop::Watch::set_events(std::uint32_t events)
{
	Entry &entry = loop_->entries_.at(id_);
	if (entry.events == events)
		return;
	entry.events = events;
	epoll_event event{.events = events, .data = {.u64 = id_}};
	// Cannot fail: the descriptor is open and known to this epoll.
	::epoll_ctl(loop_->epoll_.fd(), EPOLL_CTL_MOD, entry.fd, &event);
}

Result<std::unique_ptr<EventLoop>> EventLoop::open()
{
	UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
	if (!epoll.valid())
		return errno_error("epoll_create1");
	return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll)));
}

Result<EventLoop::Watch> EventLoop::watch(int fd, std::uint32_t events, Callback callback)
{
	const std::uint64_t id = next_id_++;
	epoll_event event{.events = events, .data = {.u64 = id}};
	if (::epoll_ctl(epoll_.fd(), EPOLL_CTL_ADD, fd, &event) != 0)
		return errno_error("epoll_ctl");
	entries_[id] = {fd, events, std::make_shared<Callback>(std::move(callback))};
	return Watch(*this, id);
}

void EventLoop::forget(std::uint64_t id)
{
	const auto found = entries_.find(id);
	::epoll_ctl(epoll_.fd(), EPOLL_CTL_DEL, found->second.fd, nullptr);
	entries_.erase(found);
}

void EventLoop::run()
{
	std::array<epoll_event, 32> events{};
	while (!stopped_) {
		const int n = ::epoll_wait(epoll_.fd(), events.data(), events.size(), -1);
		for (int i = 0; i < n && !stopped_; ++i)
			dispatch(events.at(static_cast<std::size_t>(i)));
	}
}

void EventLoop::dispatch(const epoll_event &event)
{
	const auto found = entries_.find(event.data.u64);
	if (found == entries_.end())
		return; // destroyed by an earlier callback of the same round
	// Shared, so that a callback which destroys its own watch can finish.
	const std::shared_ptr<Callback> callback = found->second.callback;
	(*callback)(event.events);
}

Result<Timer> Timer::open(EventLoop &loop, std::function<void()> callback)
{
	UniqueFd fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
	if (!fd.valid())
		return errno_error("timerfd_create");
	auto watch = loop.watch(fd.fd(), EPOLLIN,
				[raw = fd.fd(), callback = std::move(callback)](std::uint32_t) {
					std::uint64_t expirations = 0;
					if (::read(raw, &expirations, sizeof(expirations)) > 0)
						callback();
				});
	if (!watch)
		return watch.error();
	return Timer(std::move(fd), std::move(*watch));
}

void Timer::start(std::chrono::milliseconds interval)
{
	const auto seconds = std::chrono::floor<std::chrono::seconds>(interval);
	const timespec every{seconds.count(), std::chrono::nanoseconds(interval - seconds).count()};
	const itimerspec spec{every, every};
	::timerfd_settime(fd_.fd(), 0, &spec, nullptr);
}

Result<Signals> Signals::open(EventLoop &loop, std::initializer_list<int> numbers,
			      std::function<void(int number)> callback)
{
	sigset_t set;
	::sigemptyset(&set);
	for (const int number : numbers)
		::sigaddset(&set, number);
	::pthread_sigmask(SIG_BLOCK, &set, nullptr);
	UniqueFd fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	if (!fd.valid())
		return errno_error("signalfd");
	auto watch = loop.watch(fd.fd(), EPOLLIN,
				[raw = fd.fd(), callback = std::move(callback)](std::uint32_t) {
					signalfd_siginfo info{};
					if (::read(raw, &info, sizeof(info)) == sizeof(info))
						callback(static_cast<int>(info.ssi_signo));
				});
	if (!watch)
		return watch.error();
	return Signals(std::move(fd), std::move(*watch));
}

} // namespace flowmark
