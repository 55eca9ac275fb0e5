// SPDX-License-Identifier: Apache-2.0
// An event loop in a thread of its own, so that a test can be its client.
#pragma once

#include <sys/eventfd.h>

#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include "base/event_loop.h"

namespace flowmark {

class LoopThread {
      public:
	LoopThread() : loop_(std::move(*EventLoop::open()))
	{
		auto watch = loop_->watch(stop_.fd(), EPOLLIN,
					  [this](std::uint32_t) { loop_->stop(); });
		watch_ = std::move(*watch);
	}
	~LoopThread() { stop(); }
	LoopThread(const LoopThread &) = delete;
	LoopThread &operator=(const LoopThread &) = delete;

	[[nodiscard]] EventLoop &loop() { return *loop_; }

	// What uses the loop is set up before.
	void start()
	{
		thread_ = std::thread([this] { loop_->run(); });
	}

	// What uses the loop is destroyed after.
	void stop()
	{
		if (!thread_.joinable())
			return;
		::eventfd_write(stop_.fd(), 1);
		thread_.join();
	}

      private:
	UniqueFd stop_{::eventfd(0, EFD_CLOEXEC)};
	std::unique_ptr<EventLoop> loop_;
	EventLoop::Watch watch_;
	std::thread thread_;
};

} // namespace flowmark
