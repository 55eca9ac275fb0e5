// SPDX-License-Identifier: Apache-2.0
// One client of the control socket: a line in, a line out, then closed. Never
// blocks; holds at most kMaxRequestBytes and one answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace flowmark {

constexpr std::size_t kMaxRequestBytes = std::size_t{64} << 10;

// The answer's line, without its newline.
using ControlHandler = std::function<std::string(std::string_view request)>;

class Connection {
      public:
	// `fd` is a connected, non-blocking stream socket. `handler` must outlive this.
	Connection(UniqueFd fd, const ControlHandler &handler)
		: fd_(std::move(fd)), handler_(&handler)
	{}

	// Goes on after the socket became ready. False: it is over, to be destroyed.
	bool proceed();

	// EPOLL* to wait for before proceed() has something to do.
	[[nodiscard]] std::uint32_t waits_for() const;

	[[nodiscard]] int fd() const { return fd_.fd(); }

	// Whether the request has been read whole: what is left is the client's part.
	[[nodiscard]] bool answered() const { return state_ != State::reading; }

      private:
	enum class State { reading, writing, draining };

	bool read_request();
	bool write_answer();
	bool drain();
	bool answer(std::string_view request);
	bool send_answer(std::string line);

	UniqueFd fd_;
	const ControlHandler *handler_;
	State state_ = State::reading;
	std::string request_;
	std::string answer_;
	std::size_t written_ = 0;
	std::size_t drained_ = 0;
};

} // namespace flowmark
