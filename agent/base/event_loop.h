// SPDX-License-Identifier: Apache-2.0
// One thread that waits for many file descriptors (epoll, level-triggered) and
// calls back. Signals and timers come in as file descriptors like all else, so
// every callback runs in the loop's thread and needs no lock.
//
// A callback may destroy any watch, its own included. It must not block: while
// it runs, nothing else does.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <unordered_map>

#include "base/result.h"
#include "base/unique_fd.h"

namespace flowmark {

class EventLoop {
      public:
	using Callback = std::function<void(std::uint32_t events)>; // EPOLL*

	// A file descriptor that is being watched, until this is destroyed. The
	// descriptor belongs to someone else and must be closed later than this;
	// the loop must live longer.
	class Watch {
	      public:
		Watch() = default;
		Watch(Watch &&other) noexcept;
		Watch &operator=(Watch &&other) noexcept;
		Watch(const Watch &) = delete;
		Watch &operator=(const Watch &) = delete;
		~Watch();

		// 0: only errors and hang-ups.
		void set_events(std::uint32_t events);

	      private:
		friend class EventLoop;
		Watch(EventLoop &loop, std::uint64_t id) : loop_(&loop), id_(id) {}

		EventLoop *loop_ = nullptr;
		std::uint64_t id_ = 0;
	};

	static Result<std::unique_ptr<EventLoop>> open();

	Result<Watch> watch(int fd, std::uint32_t events, Callback callback);

	// Waits and calls back until stop(), which may have been called before.
	void run();
	void stop() { stopped_ = true; }

      private:
	struct Entry {
		int fd = -1;
		std::uint32_t events = 0;
		std::shared_ptr<Callback> callback;
	};

	explicit EventLoop(UniqueFd epoll) : epoll_(std::move(epoll)) {}
	void dispatch(const epoll_event &event);
	void forget(std::uint64_t id);

	UniqueFd epoll_;
	// By number, not by descriptor: an event that was fetched for a descriptor
	// which has been closed since must not reach its successor.
	std::unordered_map<std::uint64_t, Entry> entries_;
	std::uint64_t next_id_ = 1;
	bool stopped_ = false;
};

// Calls back at an interval while it is started. Expirations that were missed
// because the loop was busy count as one.
class Timer {
      public:
	static Result<Timer> open(EventLoop &loop, std::function<void()> callback);

	void start(std::chrono::milliseconds interval);
	void stop() { start(std::chrono::milliseconds(0)); }

      private:
	Timer(UniqueFd fd, EventLoop::Watch watch) : fd_(std::move(fd)), watch_(std::move(watch)) {}

	UniqueFd fd_;
	EventLoop::Watch watch_;
};

// Delivers signals to a callback instead of their default action. Open it before
// other threads are started: they inherit the mask that keeps the signals for the
// loop. The mask stays when this is destroyed.
class Signals {
      public:
	static Result<Signals> open(EventLoop &loop, std::initializer_list<int> numbers,
				    std::function<void(int number)> callback);

      private:
	Signals(UniqueFd fd, EventLoop::Watch watch) : fd_(std::move(fd)), watch_(std::move(watch))
	{}

	UniqueFd fd_;
	EventLoop::Watch watch_;
};

} // namespace flowmark
