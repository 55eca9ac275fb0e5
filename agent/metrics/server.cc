// SPDX-License-Identifier: Apache-2.0
#include "metrics/server.h"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include "control/version.h"

namespace flowmark {

namespace {

HttpAnswer landing_page()
{
	return {.content_type = "text/html; charset=utf-8",
		.body = fmt::format("<!doctype html>\n"
				    "<html lang=\"en\"><head><title>Flowmark</title></head>\n"
				    "<body><h1>Flowmark</h1><p>Version {}, {}.</p>\n"
				    "<ul><li><a href=\"/metrics\">Metrics</a></li>\n"
				    "<li><a href=\"/-/healthy\">Healthy</a></li>\n"
				    "<li><a href=\"/-/ready\">Ready</a></li></ul>\n"
				    "</body></html>\n",
				    version(), revision())};
}

} // namespace

Result<std::unique_ptr<MetricsServer>> MetricsServer::open(const ListenAddress &address,
							   const Engine &engine,
							   const Reloader &reloader,
							   const std::atomic<bool> &ready)
{
	std::unique_ptr<MetricsServer> server(new MetricsServer(engine, reloader, ready));
	auto http = HttpServer::open(
		address, [raw = server.get()](const std::string &path) { return raw->page(path); });
	if (!http)
		return http.error();
	server->http_ = std::move(*http);
	ListenAddress actual = address;
	actual.port = server->http_->port();
	server->url_ = fmt::format("http://{}/metrics", actual.format());
	return server;
}

HttpAnswer MetricsServer::page(const std::string &path) const
{
	if (path == "/")
		return landing_page();
	if (path == "/metrics")
		return metrics();
	if (path == "/-/healthy")
		return {.body = "Flowmark is healthy.\n"};
	if (path == "/-/ready")
		return ready();
	return {.status = 404, .body = "there is /metrics, /-/healthy and /-/ready\n"};
}

HttpAnswer MetricsServer::metrics() const
{
	return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
		.body = prometheus::TextSerializer().Serialize(collector_.Collect())};
}

HttpAnswer MetricsServer::ready() const
{
	if (ready_)
		return {.body = "Flowmark is ready.\n"};
	return {.status = 503, .body = "Flowmark is starting.\n"};
}

} // namespace flowmark
