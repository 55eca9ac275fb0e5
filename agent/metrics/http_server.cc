// SPDX-License-Identifier: Apache-2.0
#include "metrics/http_server.h"

#include <arpa/inet.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/thread.h"
#include "metrics/http_worker.h"

namespace flowmark {

namespace {

constexpr int kThreads = 2;
constexpr int kBacklog = 128;

// Either family, with its length.
struct SocketAddress {
	sockaddr_storage storage{};
	socklen_t length = sizeof(storage);

	sockaddr *any() { return reinterpret_cast<sockaddr *>(&storage); }
};

SocketAddress socket_address(const ListenAddress &address)
{
	SocketAddress out;
	if (address.is_ipv6) {
		auto *in6 = reinterpret_cast<sockaddr_in6 *>(&out.storage);
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(address.port);
		::inet_pton(AF_INET6, address.address.c_str(), &in6->sin6_addr);
		out.length = sizeof(*in6);
	} else {
		auto *in = reinterpret_cast<sockaddr_in *>(&out.storage);
		in->sin_family = AF_INET;
		in->sin_port = htons(address.port);
		::inet_pton(AF_INET, address.address.c_str(), &in->sin_addr);
		out.length = sizeof(*in);
	}
	return out;
}

Result<UniqueFd> listen_at(const ListenAddress &address)
{
	SocketAddress where = socket_address(address);
	UniqueFd fd(
		::socket(where.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	const int on = 1;
	::setsockopt(fd.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (::bind(fd.fd(), where.any(), where.length) != 0 || ::listen(fd.fd(), kBacklog) != 0)
		return errno_error("cannot serve metrics at " + address.format());
	return fd;
}

} // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(const ListenAddress &address,
						     HttpHandler handler)
{
	auto socket = listen_at(address);
	if (!socket)
		return socket.error();
	UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (!stop.valid())
		return errno_error("eventfd");
	std::unique_ptr<HttpServer> server(
		new HttpServer(std::move(*socket), std::move(stop), std::move(handler)));
	for (int i = 0; i < kThreads; ++i) {
		auto thread = start_thread("metrics", [raw = server.get()] {
			HttpWorker(raw->socket_.fd(), raw->stop_.fd(), raw->handler_).run();
		});
		if (!thread)
			return thread.error();
		server->threads_.push_back(std::move(*thread));
	}
	return server;
}

HttpServer::HttpServer(UniqueFd socket, UniqueFd stop, HttpHandler handler)
	: socket_(std::move(socket)), stop_(std::move(stop)), handler_(std::move(handler))
{}

HttpServer::~HttpServer()
{
	::eventfd_write(stop_.fd(), 1); // nobody reads it, so it stays readable
	for (std::thread &thread : threads_)
		thread.join();
}

std::uint16_t HttpServer::port() const
{
	SocketAddress here;
	::getsockname(socket_.fd(), here.any(), &here.length);
	// Both families have it in the same place.
	return ntohs(reinterpret_cast<const sockaddr_in *>(&here.storage)->sin_port);
}

} // namespace flowmark
