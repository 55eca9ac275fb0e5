// SPDX-License-Identifier: Apache-2.0
#include "control/server.h"

#include <sys/socket.h>

#include <cerrno>
#include <vector>

#include "base/log.h"

namespace flowmark {

namespace {

constexpr std::chrono::seconds kTick(1);

} // namespace

ControlServer::ControlServer(EventLoop &loop, SocketFile socket, ControlHandler handler)
	: loop_(loop), socket_(std::move(socket)), handler_(std::move(handler))
{}

Result<std::unique_ptr<ControlServer>> ControlServer::open(EventLoop &loop, SocketFile socket,
							   ControlHandler handler)
{
	std::unique_ptr<ControlServer> server(
		new ControlServer(loop, std::move(socket), std::move(handler)));
	if (auto started = server->start(); !started)
		return started.error();
	return server;
}

Result<void> ControlServer::start()
{
	auto timer = Timer::open(loop_, [this] { tick(); });
	if (!timer)
		return timer.error();
	timer_ = std::move(*timer);
	auto watch = loop_.watch(socket_.fd(), EPOLLIN,
				 [this](std::uint32_t) { accept_clients(); });
	if (!watch)
		return watch.error();
	watch_ = std::move(*watch);
	return {};
}

void ControlServer::accept_clients()
{
	while (clients_.size() < kMaxConnections) {
		UniqueFd fd(
			::accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
		if (!fd.valid())
			break;
		accepted(std::move(fd));
	}
	// Full, or out of descriptors: look again when something may have changed,
	// instead of being woken at once for the same client.
	const bool waiting = clients_.size() < kMaxConnections && errno == EAGAIN;
	watch_.set_events(waiting ? std::uint32_t{EPOLLIN} : 0);
	keep_ticking(!waiting || !clients_.empty());
}

// Never starts a running timer again: clients that keep coming would put off its
// next tick for ever.
void ControlServer::keep_ticking(bool on)
{
	if (on != ticking_)
		timer_->start(on ? kTick : std::chrono::seconds(0));
	ticking_ = on;
}

void ControlServer::accepted(UniqueFd fd)
{
	const std::uint64_t id = next_id_++;
	const int raw = fd.fd();
	auto watch = loop_.watch(raw, EPOLLIN, [this, id](std::uint32_t) { proceed(id); });
	if (!watch) {
		log_warning(watch.error().message);
		return;
	}
	clients_.emplace(id, Client{Connection(std::move(fd), handler_), std::move(*watch)});
}

void ControlServer::proceed(std::uint64_t id)
{
	Client &client = clients_.at(id);
	if (client.connection.proceed())
		client.watch.set_events(client.connection.waits_for());
	else
		forget(id);
}

// Counts ticks instead of comparing times: while a reload keeps the loop busy,
// nobody's patience is used up.
void ControlServer::tick()
{
	std::vector<std::uint64_t> late;
	for (auto &[id, client] : clients_) {
		if (client.answered != client.connection.answered())
			client.ticks = 0;
		client.answered = client.connection.answered();
		if (++client.ticks > kPatienceSeconds)
			late.push_back(id);
	}
	for (const std::uint64_t id : late)
		forget(id);
	keep_ticking(!clients_.empty());
	watch_.set_events(EPOLLIN);
}

void ControlServer::forget(std::uint64_t id)
{
	clients_.erase(id);
	watch_.set_events(EPOLLIN);
}

} // namespace flowmark
