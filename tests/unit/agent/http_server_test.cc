// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "metrics/http_server.h"
#include "unit/agent/http_client.h"

namespace flowmark {

namespace {

const ListenAddress kAnyPort{"127.0.0.1", 0, false};

class HttpServerTest : public testing::Test {
      protected:
	void SetUp() override
	{
		auto server = HttpServer::open(kAnyPort, [this](const std::string &path) {
			++pages_;
			return HttpAnswer{.body = path == "/big" ? std::string(3'000'000, 'b')
								 : path};
		});
		ASSERT_TRUE(server.ok()) << server.error().message;
		server_ = std::move(*server);
	}

	std::atomic<int> pages_ = 0;
	std::unique_ptr<HttpServer> server_;
};

} // namespace

TEST_F(HttpServerTest, serves_small_and_large_pages)
{
	EXPECT_EQ(http_body(http_get(server_->port(), "/a")), "/a");
	EXPECT_EQ(http_body(http_get(server_->port(), "/big")).size(), 3'000'000u);
	EXPECT_EQ(http_body(http_get(server_->port(), "/a", "HEAD")), "");
}

TEST_F(HttpServerTest, what_follows_the_request_does_no_harm)
{
	const UniqueFd fd = http_connect(server_->port());
	http_send(fd, "POST / HTTP/1.1\r\n\r\n" + std::string(100'000, 'x'));
	EXPECT_TRUE(http_receive(fd).starts_with("HTTP/1.1 405 "));
}

TEST_F(HttpServerTest, garbage_and_endless_heads_are_refused)
{
	const UniqueFd garbage = http_connect(server_->port());
	http_send(garbage, "\x16\x03\x01\r\n\r\n");
	EXPECT_TRUE(http_receive(garbage).starts_with("HTTP/1.1 400 "));
	const UniqueFd endless = http_connect(server_->port());
	http_send(endless, "GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x'));
	EXPECT_TRUE(http_receive(endless).starts_with("HTTP/1.1 431 "));
	EXPECT_EQ(pages_, 0);
}

TEST_F(HttpServerTest, one_silent_client_keeps_nobody_waiting)
{
	const UniqueFd silent = http_connect(server_->port());
	for (int i = 0; i < 20; ++i)
		EXPECT_EQ(http_body(http_get(server_->port(), "/a")), "/a");
}

// More than there is room for, in each of the three ways to be slow.
TEST_F(HttpServerTest, clients_that_neither_speak_nor_read_keep_nobody_out)
{
	std::vector<UniqueFd> slow;
	for (int i = 0; i < 100; ++i) {
		slow.push_back(http_connect(server_->port()));
		if (i % 3 > 0)
			http_send(slow.back(), i % 3 == 1 ? "GET /big HTTP/1.1\r\n\r\n" : "GET /");
		EXPECT_EQ(http_body(http_get(server_->port(), "/a")), "/a");
	}
	EXPECT_EQ(http_body(http_get(server_->port(), "/big")).size(), 3'000'000u);
}

TEST_F(HttpServerTest, a_client_that_reads_slowly_gets_all_of_it)
{
	const UniqueFd fd = http_connect(server_->port());
	http_send(fd, "GET /big HTTP/1.1\r\n\r\n");
	std::size_t received = 0;
	std::array<char, 50'000> bytes{};
	for (ssize_t n = 1; n > 0; received += static_cast<std::size_t>(n)) {
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
		n = ::recv(fd.fd(), bytes.data(), bytes.size(), 0);
		ASSERT_GE(n, 0);
	}
	EXPECT_GT(received, 3'000'000u);
}

TEST_F(HttpServerTest, many_clients_at_once)
{
	std::vector<std::thread> clients;
	std::atomic<int> right = 0;
	for (int i = 0; i < 8; ++i)
		clients.emplace_back([&] {
			for (int n = 0; n < 25; ++n)
				right += http_body(http_get(server_->port(), "/a")) == "/a";
		});
	for (std::thread &client : clients)
		client.join();
	EXPECT_EQ(right, 200);
	EXPECT_EQ(pages_, 200);
}

TEST_F(HttpServerTest, ends_with_a_client_still_connected)
{
	const UniqueFd silent = http_connect(server_->port());
	server_.reset();
	char byte = 0;
	EXPECT_LE(::recv(silent.fd(), &byte, 1, 0), 0) << "end or reset, as far as it had come";
}

TEST_F(HttpServerTest, a_port_that_is_taken_is_an_error_that_names_it)
{
	const ListenAddress taken{"127.0.0.1", server_->port(), false};
	const auto second = HttpServer::open(taken,
					     [](const std::string &) { return HttpAnswer{}; });
	ASSERT_FALSE(second.ok());
	EXPECT_EQ(second.error().message,
		  "cannot serve metrics at 127.0.0.1:" + std::to_string(server_->port()) +
			  ": Address already in use");
}

} // namespace flowmark
