// SPDX-License-Identifier: Apache-2.0
// A thread of the HTTP server: many connections at a time, and a bound on them. Who comes when
// there is no room takes the place of whoever has been idle for longest, so clients that neither
// speak nor read keep nobody out.
#pragma once

#include <poll.h>

#include <vector>

#include "metrics/http_exchange.h"

namespace flowmark {

constexpr std::size_t kMaxHttpClients = 8; // of a worker; each may hold an answer

class HttpWorker {
      public:
	// `socket` listens and does not block; the thread ends once `stop` is readable. All must
	// outlive this.
	HttpWorker(int socket, int stop, const HttpHandler &handler)
		: socket_(socket), stop_(stop), handler_(handler)
	{}

	void run();

      private:
	bool wait();
	[[nodiscard]] int patience() const;
	void serve();
	void accept_client();
	void make_room();

	const int socket_, stop_;
	const HttpHandler &handler_;
	bool full_ = false; // out of descriptors or memory: accept no one for a moment
	std::vector<HttpExchange> clients_;
	std::vector<pollfd> fds_; // socket, stop and the clients, as poll() left them
};

} // namespace flowmark
