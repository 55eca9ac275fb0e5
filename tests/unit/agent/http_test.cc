// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include <gtest/gtest.h>

#include "metrics/http.h"

namespace flowmark {

namespace {

HttpAnswer page(const std::string &path)
{
	if (path == "/throw")
		throw std::runtime_error("as a library might");
	return {.body = "page " + path + "\n"};
}

} // namespace

TEST(ParseHttpRequest, method_and_path_without_query)
{
	const auto request = parse_http_request("GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
	ASSERT_TRUE(request);
	EXPECT_EQ(request->method, "GET");
	EXPECT_EQ(request->path, "/metrics");
}

TEST(ParseHttpRequest, what_is_not_http_1_is_refused)
{
	for (const char *head :
	     {"", "\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/2\r\n\r\n",
	      "GET HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01\r\n\r\n"})
		EXPECT_FALSE(parse_http_request(head)) << head;
}

TEST(AnswerHttp, get_has_the_body_and_head_only_its_length)
{
	const std::string get = answer_http({"GET", "/a"}, page);
	EXPECT_TRUE(get.starts_with("HTTP/1.1 200 OK\r\n"));
	EXPECT_NE(get.find("Content-Length: 8\r\n"), get.npos);
	EXPECT_TRUE(get.ends_with("\r\n\r\npage /a\n"));
	const std::string head = answer_http({"HEAD", "/a"}, page);
	EXPECT_EQ(head, get.substr(0, get.size() - 8));
}

TEST(AnswerHttp, other_methods_are_told_which_there_are)
{
	const std::string answer = answer_http({"POST", "/a"}, page);
	EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
	EXPECT_NE(answer.find("\r\nAllow: GET, HEAD\r\n"), answer.npos);
}

TEST(AnswerHttp, an_exception_becomes_a_500_and_a_log_record)
{
	testing::internal::CaptureStderr();
	const std::string answer = answer_http({"GET", "/throw"}, page);
	EXPECT_NE(testing::internal::GetCapturedStderr().find("as a library might"), answer.npos);
	EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
}

} // namespace flowmark
