// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "control/client.h"
#include "control/server.h"
#include "unit/agent/loop_thread.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

namespace {

// A server that answers "echo: REQUEST", or a megabyte for "big".
class ControlServerTest : public testing::Test {
      protected:
	void SetUp() override
	{
		auto socket = SocketFile::listen(path_);
		ASSERT_TRUE(socket.ok()) << socket.error().message;
		auto server = ControlServer::open(
			thread_.loop(), std::move(*socket), [](std::string_view request) {
				return request == "big" ? std::string(1 << 20, 'b')
							: "echo: " + std::string(request);
			});
		ASSERT_TRUE(server.ok());
		server_ = std::move(*server);
		thread_.start();
	}

	void TearDown() override { thread_.stop(); }

	[[nodiscard]] UniqueFd connect() const
	{
		UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		const auto address = socket_address(path_);
		EXPECT_EQ(::connect(fd.fd(), reinterpret_cast<const sockaddr *>(&*address),
				    sizeof(*address)),
			  0);
		return fd;
	}

	static void send(const UniqueFd &fd, const std::string &text)
	{
		// The server may have hung up already.
		[[maybe_unused]] const auto n = ::send(fd.fd(), text.data(), text.size(),
						       MSG_NOSIGNAL);
	}

	static std::string receive(const UniqueFd &fd)
	{
		std::string out;
		std::array<char, 65536> bytes{};
		for (;;) {
			const ssize_t n = ::recv(fd.fd(), bytes.data(), bytes.size(), 0);
			EXPECT_GE(n, 0) << "the answer was cut off by a reset";
			if (n <= 0)
				return out;
			out.append(bytes.data(), static_cast<std::size_t>(n));
		}
	}

	[[nodiscard]] std::string ask(const std::string &request) const
	{
		const auto answer = ask_control(path_, request);
		return answer ? *answer : answer.error().message;
	}

	const TempFolder folder_;
	const std::string path_ = folder_.path("c.sock");
	LoopThread thread_;
	std::unique_ptr<ControlServer> server_;
};

} // namespace

TEST_F(ControlServerTest, answers)
{
	EXPECT_EQ(ask("hello"), "echo: hello");
	EXPECT_EQ(ask(""), "echo: ");
	EXPECT_EQ(ask("big"), std::string(1 << 20, 'b'));
}

TEST_F(ControlServerTest, pieces)
{
	const UniqueFd fd = connect();
	for (const char *piece : {"he", "l", "lo\n"})
		send(fd, piece);
	EXPECT_EQ(receive(fd), "echo: hello\n");
}

TEST_F(ControlServerTest, end_as_newline)
{
	const UniqueFd fd = connect();
	send(fd, "hello");
	::shutdown(fd.fd(), SHUT_WR);
	EXPECT_EQ(receive(fd), "echo: hello\n");
	const UniqueFd silent = connect();
	::shutdown(silent.fd(), SHUT_WR);
	EXPECT_EQ(receive(silent), "");
}

TEST_F(ControlServerTest, only_one_line)
{
	const UniqueFd fd = connect();
	send(fd, "first\nsecond\n" + std::string(10'000, 'x'));
	EXPECT_EQ(receive(fd), "echo: first\n");
}

TEST_F(ControlServerTest, longest)
{
	const std::string longest(kMaxRequestBytes, 'x');
	EXPECT_EQ(ask(longest), "echo: " + longest);
	EXPECT_EQ(ask(longest + 'x'),
		  R"({"ok":false,"error":"the request is longer than 64 KiB"})");
}

TEST_F(ControlServerTest, endless)
{
	const UniqueFd fd = connect();
	send(fd, std::string(200'000, 'x'));
	EXPECT_EQ(receive(fd), "{\"ok\":false,\"error\":\"the request is longer than 64 KiB\"}\n");
}

TEST_F(ControlServerTest, slow_reader_stalls_nobody)
{
	const UniqueFd slow = connect();
	send(slow, "big\n");
	pollfd readable{slow.fd(), POLLIN, 0};
	ASSERT_EQ(::poll(&readable, 1, -1), 1); // its answer has begun
	EXPECT_EQ(ask("hello"), "echo: hello");
	EXPECT_EQ(receive(slow).size(), (1u << 20) + 1);
}

TEST_F(ControlServerTest, hang_up_before_the_answer)
{
	for (int i = 0; i < 50; ++i)
		send(connect(), "big\n");
	EXPECT_EQ(ask("hello"), "echo: hello");
}

TEST_F(ControlServerTest, full_house)
{
	std::vector<UniqueFd> idle;
	for (std::size_t i = 0; i < kMaxConnections; ++i)
		idle.push_back(connect());
	const UniqueFd late = connect(); // waits in the backlog
	send(late, "hello\n");
	send(idle.front(), "me first\n");
	EXPECT_EQ(receive(idle.front()), "echo: me first\n");
	idle.erase(idle.begin());
	EXPECT_EQ(receive(late), "echo: hello\n");
}

// The idle ones are cut off after kPatienceSeconds, whatever comes in meanwhile.
TEST_F(ControlServerTest, silence)
{
	const UniqueFd silent = connect();
	const UniqueFd half = connect();
	send(half, "no newline");
	const UniqueFd no_reader = connect();
	send(no_reader, "big\n");
	pollfd hung_up{silent.fd(), POLLIN, 0};
	while (::poll(&hung_up, 1, 300) == 0)
		EXPECT_EQ(ask("hello"), "echo: hello");
	EXPECT_EQ(receive(silent), "");
	EXPECT_EQ(receive(half), "");
	EXPECT_LT(receive(no_reader).size(), (1u << 20) + 1);
}

TEST(AskControl, says_what_to_check)
{
	const TempFolder folder;
	const std::string path = folder.path("none.sock");
	const auto answer = ask_control(path, "hello");
	ASSERT_FALSE(answer.ok());
	EXPECT_EQ(answer.error().message,
		  "cannot reach the agent at " + path +
			  ": No such file or directory; is the agent running (flowmark run), and "
			  "with this --control?");
}

} // namespace flowmark
