// SPDX-License-Identifier: Apache-2.0
// One HTTP connection: a request in, an answer out, closed. Blocks, but never
// longer than a few seconds, however slowly the other end reads or writes.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "metrics/http.h"

namespace flowmark {

class HttpExchange {
      public:
	// `fd` is a connected, non-blocking socket. Gives up early once `stop_fd`
	// is readable.
	HttpExchange(UniqueFd fd, int stop_fd) : fd_(std::move(fd)), stop_fd_(stop_fd) {}

	void serve(const HttpHandler &handler);

      private:
	using Clock = std::chrono::steady_clock;

	[[nodiscard]] std::string answer(const HttpHandler &handler);
	[[nodiscard]] std::optional<std::string> read_head();
	bool write(const std::string &bytes);
	void finish();
	void allow(Clock::duration time) { deadline_ = Clock::now() + time; }
	[[nodiscard]] bool wait_for(short events) const;

	UniqueFd fd_;
	int stop_fd_;
	Clock::time_point deadline_;
};

} // namespace flowmark
