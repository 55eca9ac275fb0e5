// SPDX-License-Identifier: Apache-2.0
// The control socket's server, in the event loop. Bounded: kMaxConnections at a
// time (more wait in the backlog), kMaxRequestBytes, kPatienceSeconds for the
// request and again for taking the answer. Access control is the file's mode.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/event_loop.h"
#include "control/connection.h"
#include "control/socket_file.h"

namespace flowmark {

constexpr std::size_t kMaxConnections = 16;
constexpr int kPatienceSeconds = 5;

class ControlServer {
      public:
	// `handler` runs in the loop. The socket file is removed with the server.
	static Result<std::unique_ptr<ControlServer>> open(EventLoop &loop, SocketFile socket,
							   ControlHandler handler);

      private:
	struct Client {
		Connection connection;
		EventLoop::Watch watch;
		int ticks = 0;	       // since it connected, or since it was answered
		bool answered = false; // as of the last tick
	};

	ControlServer(EventLoop &loop, SocketFile socket, ControlHandler handler);
	Result<void> start();
	void accept_clients();
	void accepted(UniqueFd fd);
	void proceed(std::uint64_t id);
	void tick();
	void keep_ticking(bool on);
	void forget(std::uint64_t id);

	EventLoop &loop_;
	SocketFile socket_;
	ControlHandler handler_;
	EventLoop::Watch watch_;
	std::optional<Timer> timer_; // runs only while there is somebody to wait for
	bool ticking_ = false;
	std::map<std::uint64_t, Client> clients_;
	std::uint64_t next_id_ = 0;
};

} // namespace flowmark
