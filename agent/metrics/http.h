// SPDX-License-Identifier: Apache-2.0
// What is asked for and answered over HTTP: GET and HEAD of a few pages, one
// request per connection. No TLS; a proxy in front gives that.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace flowmark {

struct HttpRequest {
	std::string method;
	std::string path; // without query, as it was sent
};

struct HttpAnswer {
	int status = 200;
	std::string content_type = "text/plain; charset=utf-8";
	std::string body;
};

// The page of a path. Called for GET and HEAD only.
using HttpHandler = std::function<HttpAnswer(const std::string &path)>;

// Of the lines up to the empty one. Nothing if it is not HTTP/1.
std::optional<HttpRequest> parse_http_request(std::string_view head);

// The bytes to send: 405 for other methods, no body for HEAD. What the handler
// throws becomes a 500.
std::string answer_http(const HttpRequest &request, const HttpHandler &handler);

// The same for a request that could not be read.
std::string refuse_http(int status);

} // namespace flowmark
