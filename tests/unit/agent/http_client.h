// SPDX-License-Identifier: Apache-2.0
// The other end of an HTTP connection over loopback, byte by byte.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include <gtest/gtest.h>

#include "base/unique_fd.h"

namespace flowmark {

inline UniqueFd http_connect(std::uint16_t port)
{
	UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
	sockaddr_in address{};
	address.sin_family = AF_INET;
	address.sin_port = htons(port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	EXPECT_EQ(::connect(fd.fd(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)),
		  0);
	return fd;
}

inline void http_send(const UniqueFd &fd, const std::string &bytes)
{
	// The server may have hung up already.
	[[maybe_unused]] const auto n = ::send(fd.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

inline std::string http_receive(const UniqueFd &fd)
{
	std::string out;
	std::array<char, 16384> bytes{};
	for (;;) {
		const ssize_t n = ::recv(fd.fd(), bytes.data(), bytes.size(), 0);
		EXPECT_GE(n, 0) << "the answer was cut off by a reset";
		if (n <= 0)
			return out;
		out.append(bytes.data(), static_cast<std::size_t>(n));
	}
}

// The whole answer, head and body.
inline std::string http_get(std::uint16_t port, const std::string &path,
			    const std::string &method = "GET")
{
	const UniqueFd fd = http_connect(port);
	http_send(fd, method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
	return http_receive(fd);
}

inline std::string http_body(const std::string &answer)
{
	return answer.substr(answer.find("\r\n\r\n") + 4);
}

} // namespace flowmark
