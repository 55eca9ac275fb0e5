// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "control/sd_notify.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

namespace {

// systemd's end; '@' stands for the abstract namespace, as in $NOTIFY_SOCKET.
class NotifySocket {
      public:
	explicit NotifySocket(const std::string &path)
	{
		sockaddr_un address{};
		address.sun_family = AF_UNIX;
		path.copy(address.sun_path, sizeof(address.sun_path) - 1);
		if (path.front() == '@')
			address.sun_path[0] = '\0';
		EXPECT_EQ(::bind(fd_.fd(), reinterpret_cast<const sockaddr *>(&address),
				 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) +
							path.size())),
			  0);
		::setenv("NOTIFY_SOCKET", path.c_str(), 1);
	}
	~NotifySocket() { ::unsetenv("NOTIFY_SOCKET"); }
	NotifySocket(const NotifySocket &) = delete;
	NotifySocket &operator=(const NotifySocket &) = delete;

	[[nodiscard]] std::string receive() const
	{
		std::array<char, 1024> bytes{};
		const ssize_t n = ::recv(fd_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
		return {bytes.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
	}

      private:
	UniqueFd fd_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

} // namespace

TEST(SdNotify, reaches_a_socket_in_the_file_system)
{
	const TempFolder folder;
	const NotifySocket systemd(folder.path("n"));
	notify_ready("generation 1");
	EXPECT_EQ(systemd.receive(), "READY=1\nSTATUS=generation 1\n");
	notify_stopping();
	EXPECT_EQ(systemd.receive(), "STOPPING=1\n");
}

TEST(SdNotify, reaches_an_abstract_socket)
{
	const NotifySocket systemd("@flowmark-sd-notify-test-" + std::to_string(::getpid()));
	notify_reloading();
	const std::string said = systemd.receive();
	EXPECT_TRUE(said.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << said;
	EXPECT_GT(std::stoull(said.substr(said.rfind('=') + 1)), 0u);
}

TEST(SdNotify, a_status_cannot_smuggle_in_another_line)
{
	const TempFolder folder;
	const NotifySocket systemd(folder.path("n"));
	notify_ready("a\nMAINPID=1");
	EXPECT_EQ(systemd.receive(), "READY=1\nSTATUS=a\\nMAINPID=1\n");
}

TEST(SdNotify, says_that_it_lives)
{
	const TempFolder folder;
	const NotifySocket systemd(folder.path("n"));
	notify_alive();
	EXPECT_EQ(systemd.receive(), "WATCHDOG=1\n");
}

TEST(SdNotify, a_watchdog_is_heard_three_times_within_its_limit)
{
	::setenv("WATCHDOG_USEC", "30000000", 1);
	EXPECT_EQ(watchdog_interval(), std::chrono::seconds(10));
	::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
	EXPECT_EQ(watchdog_interval(), std::chrono::seconds(10));
	::setenv("WATCHDOG_PID", "1", 1);
	EXPECT_EQ(watchdog_interval(), std::chrono::seconds(0)) << "it is another's";
	::unsetenv("WATCHDOG_PID");
	::setenv("WATCHDOG_USEC", "soon", 1);
	EXPECT_EQ(watchdog_interval(), std::chrono::seconds(0));
	::unsetenv("WATCHDOG_USEC");
	EXPECT_EQ(watchdog_interval(), std::chrono::seconds(0));
}

TEST(SdNotify, nobody_there_is_no_failure)
{
	::unsetenv("NOTIFY_SOCKET");
	notify_stopping();
	::setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	testing::internal::CaptureStderr();
	notify_stopping();
	EXPECT_NE(testing::internal::GetCapturedStderr().find("cannot notify systemd"),
		  std::string::npos);
	::unsetenv("NOTIFY_SOCKET");
}

} // namespace flowmark
