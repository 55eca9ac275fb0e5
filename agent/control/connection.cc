// SPDX-License-Identifier: Apache-2.0
#include "control/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace flowmark {

namespace {

// What a client may go on sending after its request, before it is cut off.
constexpr std::size_t kMaxDrainedBytes = std::size_t{1} << 20;

bool would_block()
{
	return errno == EAGAIN || errno == EINTR;
}

} // namespace

bool Connection::proceed()
{
	switch (state_) {
	case State::reading:
		return read_request();
	case State::writing:
		return write_answer();
	case State::draining:
		return drain();
	}
	return false;
}

std::uint32_t Connection::waits_for() const
{
	return state_ == State::writing ? EPOLLOUT : EPOLLIN;
}

bool Connection::read_request()
{
	std::array<char, 4096> bytes{};
	const ssize_t n = ::recv(fd_.fd(), bytes.data(), bytes.size(), 0);
	if (n < 0)
		return would_block();
	if (n == 0) // the end stands for the newline, if there is anything before it
		return !request_.empty() && answer(request_);
	request_.append(bytes.data(), static_cast<std::size_t>(n));
	const std::size_t end = request_.find('\n');
	if (std::min(end, request_.size()) > kMaxRequestBytes)
		return send_answer(R"({"ok":false,"error":"the request is longer than 64 KiB"})");
	if (end == std::string::npos)
		return true;
	return answer(std::string_view(request_).substr(0, end));
}

bool Connection::answer(std::string_view request)
{
	return send_answer((*handler_)(request));
}

bool Connection::send_answer(std::string line)
{
	answer_ = std::move(line);
	answer_ += '\n';
	request_ = {};
	state_ = State::writing;
	return write_answer();
}

bool Connection::write_answer()
{
	while (written_ < answer_.size()) {
		const ssize_t n = ::send(fd_.fd(), answer_.data() + written_,
					 answer_.size() - written_, MSG_NOSIGNAL);
		if (n < 0)
			return would_block();
		written_ += static_cast<std::size_t>(n);
	}
	answer_ = {};
	// Closing with unread bytes would reset the connection, and the client might
	// lose the answer. So: end our side, read on until the client ends its own.
	::shutdown(fd_.fd(), SHUT_WR);
	state_ = State::draining;
	return true;
}

bool Connection::drain()
{
	std::array<char, 4096> bytes{};
	const ssize_t n = ::recv(fd_.fd(), bytes.data(), bytes.size(), 0);
	if (n < 0)
		return would_block();
	drained_ += static_cast<std::size_t>(n);
	return n > 0 && drained_ <= kMaxDrainedBytes;
}

} // namespace flowmark
