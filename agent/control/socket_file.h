// SPDX-License-Identifier: Apache-2.0
// The control socket's place in the file system.
#pragma once

#include <sys/stat.h>
#include <sys/un.h>

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace flowmark {

// Refuses a path that does not fit (107 bytes) or is empty.
Result<sockaddr_un> socket_address(const std::string &path);

// A listening socket at a path. The file goes when this is destroyed, unless it
// has become another agent's.
class SocketFile {
      public:
	// Makes the folder (0755) if it is missing, and takes the place of a socket
	// that nobody answers on. An error if somebody does, or if something that is
	// no socket is there. The socket's mode is 0660.
	static Result<SocketFile> listen(const std::string &path);

	SocketFile(SocketFile &&other) noexcept = default;
	SocketFile &operator=(SocketFile &&other) = delete;
	SocketFile(const SocketFile &) = delete;
	SocketFile &operator=(const SocketFile &) = delete;
	~SocketFile();

	[[nodiscard]] int fd() const { return fd_.fd(); }

      private:
	SocketFile(UniqueFd fd, std::string path);

	UniqueFd fd_;
	std::string path_;
	struct stat file_ {}; // as it was made
};

} // namespace flowmark
