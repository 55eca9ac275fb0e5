// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>

#include "control/socket_file.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

namespace {

unsigned mode_of(const std::string &path)
{
	struct stat file {};
	EXPECT_EQ(::stat(path.c_str(), &file), 0) << path;
	return file.st_mode & 07777;
}

bool can_connect(const std::string &path)
{
	const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	const auto address = socket_address(path);
	return ::connect(fd.fd(), reinterpret_cast<const sockaddr *>(&*address),
			 sizeof(*address)) == 0;
}

} // namespace

TEST(SocketFile, folder_and_socket_have_their_modes_whatever_the_umask)
{
	const TempFolder folder;
	const std::string path = folder.path("run/c.sock");
	const mode_t before = ::umask(0077);
	const auto socket = SocketFile::listen(path);
	::umask(before);
	ASSERT_TRUE(socket.ok()) << socket.error().message;
	EXPECT_EQ(mode_of(folder.path("run")), 0755u);
	EXPECT_EQ(mode_of(path), 0660u);
	EXPECT_TRUE(can_connect(path));
}

TEST(SocketFile, goes_with_its_owner_and_the_folder_stays)
{
	const TempFolder folder;
	const std::string path = folder.path("c.sock");
	{
		const auto socket = SocketFile::listen(path);
		ASSERT_TRUE(socket.ok());
		ASSERT_TRUE(std::filesystem::exists(path));
	}
	EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(SocketFile, a_second_agent_is_refused_and_the_first_goes_on)
{
	const TempFolder folder;
	const std::string path = folder.path("c.sock");
	const auto first = SocketFile::listen(path);
	ASSERT_TRUE(first.ok());
	const auto second = SocketFile::listen(path);
	ASSERT_FALSE(second.ok());
	EXPECT_EQ(second.error().message, "another agent answers on " + path);
	EXPECT_TRUE(can_connect(path));
}

TEST(SocketFile, a_stale_socket_is_replaced)
{
	const TempFolder folder;
	const std::string path = folder.path("c.sock");
	{
		const UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
		const auto address = socket_address(path);
		ASSERT_EQ(::bind(dead.fd(), reinterpret_cast<const sockaddr *>(&*address),
				 sizeof(*address)),
			  0);
	}
	ASSERT_FALSE(can_connect(path));
	const auto socket = SocketFile::listen(path);
	ASSERT_TRUE(socket.ok()) << socket.error().message;
	EXPECT_TRUE(can_connect(path));
}

TEST(SocketFile, what_is_no_socket_is_left_alone)
{
	const TempFolder folder;
	const std::string path = folder.write("c.sock", "precious");
	const auto socket = SocketFile::listen(path);
	ASSERT_FALSE(socket.ok());
	EXPECT_EQ(socket.error().message, path + " is in the way and is no socket");
	EXPECT_EQ(std::filesystem::file_size(path), 8u);
}

TEST(SocketFile, another_agents_file_is_not_removed)
{
	const TempFolder folder;
	const std::string path = folder.path("c.sock");
	auto old = SocketFile::listen(path);
	ASSERT_TRUE(old.ok());
	std::filesystem::rename(path, folder.path("moved"));
	const auto successor = SocketFile::listen(path);
	ASSERT_TRUE(successor.ok());
	{
		const SocketFile ends = std::move(*old);
	}
	EXPECT_TRUE(can_connect(path));
}

TEST(SocketFile, a_path_that_does_not_fit_is_refused)
{
	EXPECT_FALSE(socket_address("").ok());
	EXPECT_TRUE(socket_address(std::string(107, 'x')).ok());
	const auto long_one = socket_address(std::string(108, 'x'));
	ASSERT_FALSE(long_one.ok());
	EXPECT_NE(long_one.error().message.find("108 bytes, expected 1 to 107"), std::string::npos);
}

} // namespace flowmark
