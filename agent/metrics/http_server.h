// SPDX-License-Identifier: Apache-2.0
// A small HTTP server with two threads of its own, so that a page which takes
// its time (the engine is busy with a reload) keeps neither the event loop nor
// the next request waiting. (civetweb, below prometheus-cpp's Exposer, has no
// IPv6 in Debian 12, no HEAD, and hands a callback no context.)
#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/listen_address.h"
#include "metrics/http.h"

namespace flowmark {

class HttpServer {
      public:
	// Listens when this returns. `handler` is called from two threads at a time.
	static Result<std::unique_ptr<HttpServer>> open(const ListenAddress &address,
							HttpHandler handler);
	~HttpServer(); // waits for the threads, which end at once
	HttpServer(const HttpServer &) = delete;
	HttpServer &operator=(const HttpServer &) = delete;

	// The port, also where 0 was asked for.
	[[nodiscard]] std::uint16_t port() const;

      private:
	HttpServer(UniqueFd socket, UniqueFd stop, HttpHandler handler);

	const UniqueFd socket_;
	const UniqueFd stop_; // an eventfd: readable when the threads are to end
	const HttpHandler handler_;
	std::vector<std::thread> threads_;
};

} // namespace flowmark
