// SPDX-License-Identifier: Apache-2.0
#include "control/client.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/unique_fd.h"
#include "control/socket_file.h"

namespace flowmark {

namespace {

constexpr timeval kPatience{120, 0};
constexpr std::size_t kMaxAnswerBytes = std::size_t{64} << 20;

const char *what_to_check(int error)
{
	if (error == EACCES || error == EPERM)
		return "only root and the socket's group may ask: use sudo, or join the group";
	if (error == ENOENT || error == ECONNREFUSED)
		return "is the agent running (flowmark run), and with this --control?";
	return "is it the agent that listens there?";
}

Error unreachable(const std::string &path, int error)
{
	const Error why = errno_error("cannot reach the agent at " + path, -error);
	return Error{fmt::format("{}; {}", why.message, what_to_check(error))};
}

Result<UniqueFd> connect_to(const std::string &path)
{
	const auto address = socket_address(path);
	if (!address)
		return address.error();
	UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (!fd.valid())
		return errno_error("cannot open a socket");
	::setsockopt(fd.fd(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
	::setsockopt(fd.fd(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
	if (::connect(fd.fd(), reinterpret_cast<const sockaddr *>(&*address), sizeof(*address)) !=
	    0)
		return unreachable(path, errno);
	return fd;
}

bool send_all(int fd, const std::string &text)
{
	std::size_t sent = 0;
	while (sent < text.size()) {
		const ssize_t n = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return false;
		sent += n > 0 ? static_cast<std::size_t>(n) : 0;
	}
	return true;
}

// Up to the end; false with errno set if there is none in sight.
bool receive_all(int fd, std::string &text)
{
	std::array<char, 65536> bytes{};
	while (text.size() < kMaxAnswerBytes) {
		const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), 0);
		if (n == 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		text.append(bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
	}
	errno = EMSGSIZE;
	return false;
}

} // namespace

Result<std::string> ask_control(const std::string &path, const std::string &request)
{
	auto fd = connect_to(path);
	if (!fd)
		return fd.error();
	std::string answer;
	if (!send_all(fd->fd(), request + "\n") || !receive_all(fd->fd(), answer))
		return unreachable(path, errno == EAGAIN ? ETIMEDOUT : errno);
	if (answer.empty() || answer.back() != '\n')
		return Error{"the agent at " + path + " closed the connection without an answer"};
	answer.pop_back();
	return answer;
}

} // namespace flowmark
