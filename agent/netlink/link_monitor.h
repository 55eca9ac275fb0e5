// SPDX-License-Identifier: Apache-2.0
// Follows the interfaces of this network namespace by route netlink: a dump at
// the start and whenever the kernel had to drop notifications, and notifications
// in between.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/event_loop.h"
#include "netlink/link_table.h"

namespace flowmark {

class LinkMonitor {
      public:
	// Asks for the first dump. `events` are called from the loop; `synced` after
	// each dump, when every interface has been reported.
	static Result<std::unique_ptr<LinkMonitor>> open(EventLoop &loop, LinkEvents events,
							 std::function<void()> synced);

      private:
	struct SocketCloser {
		void operator()(mnl_socket *socket) const { mnl_socket_close(socket); }
	};
	using Socket = std::unique_ptr<mnl_socket, SocketCloser>;

	LinkMonitor(Socket socket, LinkEvents events, std::function<void()> synced);

	Result<void> request_dump();
	void dump_if_wanted();
	void dump_later();
	void receive();
	bool receive_one();
	bool receive_failed(int error);
	void take(const nlmsghdr &message);
	void end_of_dump(const nlmsghdr &message);
	[[nodiscard]] bool is_from_dump(const nlmsghdr &message) const;

	Socket socket_;
	EventLoop::Watch watch_;
	LinkTable table_;
	std::function<void()> synced_;
	std::vector<char> buffer_;
	std::uint32_t sequence_ = 0; // of the dump that was asked for last
	bool dumping_ = false;
	bool dump_wanted_ = false;   // something was lost, or changed under the dump
	std::optional<Timer> retry_; // for a dump that could not be had; runs only then
};

} // namespace flowmark
