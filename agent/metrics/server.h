// SPDX-License-Identifier: Apache-2.0
// The agent's HTTP pages: / (what there is), /metrics, /-/healthy (it runs) and
// /-/ready (a policy is live and the interfaces are known).
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "metrics/collector.h"
#include "metrics/http_server.h"

namespace flowmark {

class MetricsServer {
      public:
	// The references must outlive this.
	static Result<std::unique_ptr<MetricsServer>> open(const ListenAddress &address,
							   const Engine &engine,
							   const Reloader &reloader,
							   const std::atomic<bool> &ready);

	[[nodiscard]] const std::string &url() const { return url_; } // of the metrics
	[[nodiscard]] std::uint16_t port() const { return http_->port(); }

      private:
	MetricsServer(const Engine &engine, const Reloader &reloader,
		      const std::atomic<bool> &ready)
		: collector_(engine, reloader), ready_(ready)
	{}

	// Run in the server's threads.
	[[nodiscard]] HttpAnswer page(const std::string &path) const;
	[[nodiscard]] HttpAnswer metrics() const;
	[[nodiscard]] HttpAnswer ready() const;

	const Collector collector_;
	const std::atomic<bool> &ready_;
	std::string url_;
	std::unique_ptr<HttpServer> http_;
};

} // namespace flowmark
