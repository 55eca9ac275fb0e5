// SPDX-License-Identifier: Apache-2.0
#include "metrics/http_exchange.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

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

} // namespace

void HttpExchange::serve(const HttpHandler &handler)
{
	allow(kReadTime);
	const std::string bytes = answer(handler);
	allow(kWriteTime);
	if (!bytes.empty() && write(bytes))
		finish();
}

// Empty if there is nobody to answer any more.
std::string HttpExchange::answer(const HttpHandler &handler)
{
	const auto head = read_head();
	if (!head)
		return {};
	if (!is_whole(*head))
		return refuse_http(431);
	const auto request = parse_http_request(*head);
	return request ? answer_http(*request, handler) : refuse_http(400);
}

// Up to the empty line, or as much as is allowed.
std::optional<std::string> HttpExchange::read_head()
{
	std::string head;
	while (!is_whole(head) && head.size() < kMaxHeadBytes) {
		std::array<char, 1024> bytes{};
		if (!wait_for(POLLIN))
			return std::nullopt;
		const ssize_t n = ::recv(fd_.fd(), bytes.data(), bytes.size(), 0);
		if (n == 0 || (n < 0 && !try_again()))
			return std::nullopt;
		head.append(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
	}
	return head;
}

bool HttpExchange::write(const std::string &bytes)
{
	std::size_t written = 0;
	while (written < bytes.size()) {
		if (!wait_for(POLLOUT))
			return false;
		const ssize_t n = ::send(fd_.fd(), bytes.data() + written, bytes.size() - written,
					 MSG_NOSIGNAL);
		if (n < 0 && !try_again())
			return false;
		written += n > 0 ? static_cast<std::size_t>(n) : 0;
	}
	return true;
}

// Closing with unread bytes would send a reset, which can overtake the answer.
void HttpExchange::finish()
{
	::shutdown(fd_.fd(), SHUT_WR);
	allow(kFinishTime);
	std::array<char, 1024> bytes{};
	while (wait_for(POLLIN) && ::recv(fd_.fd(), bytes.data(), bytes.size(), 0) > 0)
		;
}

bool HttpExchange::wait_for(short events) const
{
	using std::chrono::milliseconds;
	const auto left = std::chrono::ceil<milliseconds>(deadline_ - Clock::now());
	if (left.count() <= 0)
		return false;
	std::array<pollfd, 2> fds{{{fd_.fd(), events, 0}, {stop_fd_, POLLIN, 0}}};
	return ::poll(fds.data(), fds.size(), static_cast<int>(left.count())) > 0 &&
	       fds[1].revents == 0;
}

} // namespace flowmark
