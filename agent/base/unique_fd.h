// SPDX-License-Identifier: Apache-2.0
// The owner of one file descriptor. Move-only; never converts to int silently.
#pragma once

#include <unistd.h>

#include <utility>

namespace flowmark {

class UniqueFd {
      public:
	UniqueFd() = default;
	explicit UniqueFd(int fd) : fd_(fd) {}
	UniqueFd(UniqueFd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	UniqueFd &operator=(UniqueFd &&other) noexcept
	{
		if (this != &other)
			reset(std::exchange(other.fd_, -1));
		return *this;
	}
	UniqueFd(const UniqueFd &) = delete;
	UniqueFd &operator=(const UniqueFd &) = delete;
	~UniqueFd() { reset(-1); }

	[[nodiscard]] int fd() const { return fd_; }
	[[nodiscard]] bool valid() const { return fd_ >= 0; }

	void reset(int fd)
	{
		if (fd_ >= 0)
			::close(fd_);
		fd_ = fd;
	}

      private:
	int fd_ = -1;
};

} // namespace flowmark
