// SPDX-License-Identifier: Apache-2.0
#include "metrics/http_exchange.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace flowmark {

namespace {

constexpr std::chrono::seconds kReadTime(5);
constexpr std::chrono::seconds kWriteTime(10);
constexpr std::chrono::seconds kFinishTime(1);
constexpr std::size_t kMaxHeadBytes = 8192;

bool try_again()
{
	return errno == EAGAIN || errno == EINTR;
}

bool is_whole(const std::string &head)
{
	return head.find("\r\n\r\n") != std::string::npos || head.find("\n\n") != std::string::npos;
}

std::string answer_to(const std::string &head, const HttpHandler &handler)
{
	if (!is_whole(head))
		return refuse_http(431);
	const auto request = parse_http_request(head);
	return request ? answer_http(*request, handler) : refuse_http(400);
}

} // namespace

HttpExchange::HttpExchange(UniqueFd fd, const HttpHandler &handler)
	: fd_(std::move(fd)), handler_(&handler)
{
	enter(State::reading, kReadTime);
}

bool HttpExchange::proceed()
{
	switch (state_) {
	case State::reading:
		return read_head();
	case State::writing:
		return write();
	case State::finishing:
		return finish();
	}
	return false;
}

short HttpExchange::waits_for() const
{
	return state_ == State::writing ? POLLOUT : POLLIN;
}

void HttpExchange::enter(State state, Clock::duration time)
{
	state_ = state;
	moved_ = Clock::now();
	deadline_ = moved_ + time;
}

// What recv() or send() returned. False if that was the end.
bool HttpExchange::has_moved(ssize_t bytes)
{
	if (bytes <= 0)
		return bytes < 0 && try_again();
	moved_ = Clock::now();
	return true;
}

// Up to the empty line, or as much as is allowed.
bool HttpExchange::read_head()
{
	std::array<char, 1024> bytes{};
	const ssize_t n = ::recv(fd_.fd(), bytes.data(), bytes.size(), 0);
	if (!has_moved(n))
		return false;
	head_.append(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
	if (!is_whole(head_) && head_.size() < kMaxHeadBytes)
		return true;
	answer_ = answer_to(std::exchange(head_, {}), *handler_);
	enter(State::writing, kWriteTime);
	return write();
}

bool HttpExchange::write()
{
	while (written_ < answer_.size()) {
		const ssize_t n = ::send(fd_.fd(), answer_.data() + written_,
					 answer_.size() - written_, MSG_NOSIGNAL);
		if (n < 0)
			return has_moved(n);
		has_moved(n);
		written_ += static_cast<std::size_t>(n);
	}
	// Closing with unread bytes would send a reset, which can overtake the answer.
	answer_ = {};
	::shutdown(fd_.fd(), SHUT_WR);
	enter(State::finishing, kFinishTime);
	return true;
}

bool HttpExchange::finish()
{
	std::array<char, 1024> bytes{};
	return has_moved(::recv(fd_.fd(), bytes.data(), bytes.size(), 0));
}

} // namespace flowmark
