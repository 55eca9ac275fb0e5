// SPDX-License-Identifier: Apache-2.0
#include "metrics/http_worker.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace flowmark {

namespace {

constexpr int kPauseMilliseconds = 200;
constexpr std::size_t kFirstClient = 2; // in fds_

} // namespace

void HttpWorker::run()
{
	while (wait()) {
		serve();
		if ((fds_[0].revents & POLLIN) != 0)
			accept_client();
	}
}

// False when it is time to end.
bool HttpWorker::wait()
{
	fds_ = {{full_ ? -1 : socket_, POLLIN, 0}, {stop_, POLLIN, 0}};
	for (const HttpExchange &client : clients_)
		fds_.push_back({client.fd(), client.waits_for(), 0});
	full_ = false;
	while (::poll(fds_.data(), fds_.size(), patience()) < 0 && errno == EINTR)
		;
	return fds_[1].revents == 0;
}

// In milliseconds, until there is something to do though nobody moves.
int HttpWorker::patience() const
{
	using std::chrono::milliseconds;
	const auto now = HttpExchange::Clock::now();
	int least = fds_[0].fd < 0 ? kPauseMilliseconds : -1;
	for (const HttpExchange &client : clients_) {
		const auto left = std::chrono::ceil<milliseconds>(client.deadline() - now).count();
		const int time = static_cast<int>(std::max<std::int64_t>(left, 0));
		least = least < 0 ? time : std::min(least, time);
	}
	return least;
}

void HttpWorker::serve()
{
	std::vector<HttpExchange> going;
	for (std::size_t i = 0; i < clients_.size(); i++) {
		const bool ready = fds_[kFirstClient + i].revents != 0;
		const bool late = HttpExchange::Clock::now() >= clients_[i].deadline();
		if (ready ? clients_[i].proceed() : !late)
			going.push_back(std::move(clients_[i]));
	}
	clients_ = std::move(going);
}

void HttpWorker::accept_client()
{
	UniqueFd client(::accept4(socket_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
	if (client.valid()) {
		make_room();
		clients_.emplace_back(std::move(client), handler_);
	} else {
		full_ = errno != EAGAIN; // else the other thread has it
	}
}

void HttpWorker::make_room()
{
	if (clients_.size() < kMaxHttpClients)
		return;
	clients_.erase(std::min_element(clients_.begin(), clients_.end(),
					[](const HttpExchange &a, const HttpExchange &b) {
						return a.moved() < b.moved();
					}));
}

} // namespace flowmark
