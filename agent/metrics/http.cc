// SPDX-License-Identifier: Apache-2.0
#include "metrics/http.h"

#include <array>
#include <exception>

#include <fmt/format.h>

#include "base/log.h"

namespace flowmark {

namespace {

struct Phrase {
	int status;
	const char *text;
};

constexpr std::array<Phrase, 7> kPhrases{{
	{200, "OK"},
	{400, "Bad Request"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{431, "Request Header Fields Too Large"},
	{500, "Internal Server Error"},
	{503, "Service Unavailable"},
}};

const char *phrase_of(int status)
{
	for (const Phrase &phrase : kPhrases)
		if (phrase.status == status)
			return phrase.text;
	return "Unknown";
}

std::string head_of(const HttpAnswer &answer)
{
	return fmt::format("HTTP/1.1 {} {}\r\n"
			   "Content-Type: {}\r\n"
			   "Content-Length: {}\r\n"
			   "X-Content-Type-Options: nosniff\r\n"
			   "{}"
			   "Connection: close\r\n\r\n",
			   answer.status, phrase_of(answer.status), answer.content_type,
			   answer.body.size(), answer.status == 405 ? "Allow: GET, HEAD\r\n" : "");
}

// A handler uses third-party code, and a page is not worth the agent.
HttpAnswer guarded(const HttpHandler &handler, const std::string &path)
{
	try {
		return handler(path);
	} catch (const std::exception &e) {
		log_error("a page could not be made", {{"path", path}, {"error", e.what()}});
		return {.status = 500, .body = "internal error\n"};
	}
}

} // namespace

std::optional<HttpRequest> parse_http_request(std::string_view head)
{
	const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
	const std::size_t first = line.find(' ');
	const std::size_t last = line.rfind(' ');
	if (first == std::string::npos || first == last ||
	    !line.substr(last + 1).starts_with("HTTP/1."))
		return std::nullopt;
	const std::string_view target = line.substr(first + 1, last - first - 1);
	return HttpRequest{std::string(line.substr(0, first)),
			   std::string(target.substr(0, target.find('?')))};
}

std::string answer_http(const HttpRequest &request, const HttpHandler &handler)
{
	if (request.method != "GET" && request.method != "HEAD")
		return refuse_http(405);
	const HttpAnswer answer = guarded(handler, request.path);
	return request.method == "HEAD" ? head_of(answer) : head_of(answer) + answer.body;
}

std::string refuse_http(int status)
{
	const HttpAnswer answer{.status = status, .body = fmt::format("{}\n", phrase_of(status))};
	return head_of(answer) + answer.body;
}

} // namespace flowmark
