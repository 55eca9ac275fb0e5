// SPDX-License-Identifier: Apache-2.0
// One HTTP connection: a request in, an answer out, closed. Never blocks; holds at most
// 8 KiB of a request and one answer.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "base/unique_fd.h"
#include "metrics/http.h"

namespace flowmark {

class HttpExchange {
      public:
	using Clock = std::chrono::steady_clock;

	// `fd` is a connected, non-blocking socket. `handler` must outlive this.
	HttpExchange(UniqueFd fd, const HttpHandler &handler);

	// Goes on after the socket became ready. False: it is over, to be destroyed.
	bool proceed();

	[[nodiscard]] int fd() const { return fd_.fd(); }
	// POLL* to wait for before proceed() has something to do.
	[[nodiscard]] short waits_for() const;
	// When the other end's time is over: a few seconds for each part.
	[[nodiscard]] Clock::time_point deadline() const { return deadline_; }
	// When the other end did something last.
	[[nodiscard]] Clock::time_point moved() const { return moved_; }

      private:
	enum class State { reading, writing, finishing };

	bool read_head();
	bool write();
	bool finish();
	void enter(State state, Clock::duration time);
	bool has_moved(ssize_t bytes);

	UniqueFd fd_;
	const HttpHandler *handler_;
	State state_ = State::reading;
	Clock::time_point deadline_, moved_;
	std::string head_, answer_;
	std::size_t written_ = 0;
};

} // namespace flowmark
