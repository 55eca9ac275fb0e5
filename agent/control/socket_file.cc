// SPDX-License-Identifier: Apache-2.0
#include "control/socket_file.h"

#include <sys/socket.h>

#include <cerrno>
#include <filesystem>

#include <fmt/format.h>

namespace flowmark {

namespace {

constexpr int kBacklog = 16;

Result<void> make_folder_of(const std::string &path)
{
	const std::string folder = std::filesystem::path(path).parent_path();
	if (folder.empty())
		return {};
	if (::mkdir(folder.c_str(), 0755) == 0) {
		::chmod(folder.c_str(), 0755); // whatever the umask made of it
		return {};
	}
	if (errno != EEXIST)
		return errno_error("cannot create " + folder);
	return {};
}

bool somebody_answers(const sockaddr_un &address)
{
	const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	// EAGAIN: the backlog is full, so somebody listens.
	return ::connect(fd.fd(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) ==
		       0 ||
	       errno == EAGAIN;
}

Result<void> clear_the_place(const std::string &path, const sockaddr_un &address)
{
	struct stat file {};
	if (::lstat(path.c_str(), &file) != 0)
		return errno == ENOENT ? Result<void>() : errno_error("cannot look at " + path);
	if (!S_ISSOCK(file.st_mode))
		return Error{path + " is in the way and is no socket"};
	if (somebody_answers(address))
		return Error{"another agent answers on " + path};
	if (::unlink(path.c_str()) != 0)
		return errno_error("cannot remove the stale " + path);
	return {};
}

Result<UniqueFd> bind_and_listen(const std::string &path, const sockaddr_un &address)
{
	UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (!fd.valid())
		return errno_error("cannot open a socket");
	if (::bind(fd.fd(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) != 0)
		return errno_error("cannot create " + path);
	// Nobody can connect before listen(), so none with the wrong mode.
	if (::chmod(path.c_str(), 0660) != 0 || ::listen(fd.fd(), kBacklog) != 0)
		return errno_error("cannot listen on " + path);
	return fd;
}

} // namespace

Result<sockaddr_un> socket_address(const std::string &path)
{
	sockaddr_un address{};
	address.sun_family = AF_UNIX;
	if (path.empty() || path.size() >= sizeof(address.sun_path))
		return Error{fmt::format("the socket path \"{}\" has {} bytes, expected 1 to {}",
					 path, path.size(), sizeof(address.sun_path) - 1)};
	path.copy(address.sun_path, path.size());
	return address;
}

Result<SocketFile> SocketFile::listen(const std::string &path)
{
	const auto address = socket_address(path);
	if (!address)
		return address.error();
	if (auto made = make_folder_of(path); !made)
		return made.error();
	if (auto cleared = clear_the_place(path, *address); !cleared)
		return cleared.error();
	auto fd = bind_and_listen(path, *address);
	if (!fd)
		return fd.error();
	return SocketFile(std::move(*fd), path);
}

SocketFile::SocketFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path))
{
	::lstat(path_.c_str(), &file_);
}

SocketFile::~SocketFile()
{
	struct stat now {};
	if (fd_.valid() && ::lstat(path_.c_str(), &now) == 0 && now.st_ino == file_.st_ino &&
	    now.st_dev == file_.st_dev)
		::unlink(path_.c_str());
}

} // namespace flowmark
