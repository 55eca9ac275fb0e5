// SPDX-License-Identifier: Apache-2.0
#include "config/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fmt/format.h>

#include "config/open_file.h"
#include "config/text.h"

namespace flowmark {

namespace {

constexpr std::size_t kChunk = 1u << 16;

Error unreadable(const char *what)
{
	return Error{found(errno_error(what).message, "a readable file")};
}

Error too_large(std::size_t max_bytes)
{
	return Error{
		found(fmt::format("a file of more than {} MiB", max_bytes >> 20), "at most that")};
}

Result<void> check_regular(const struct stat &status)
{
	if (S_ISREG(status.st_mode))
		return {};
	const char *what = S_ISDIR(status.st_mode) ? "a folder" : "a device, pipe or socket";
	return Error{found(what, "a regular file")};
}

// A file may grow while it is read, and those of /proc say that they are empty.
Result<std::string> read_all(int fd, std::size_t size, std::size_t max_bytes)
{
	std::string bytes;
	for (std::size_t used = 0;;) {
		bytes.resize(std::max(size + 1, used + kChunk));
		const ssize_t n = read(fd, bytes.data() + used, bytes.size() - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return unreadable("no content");
		used += static_cast<std::size_t>(n);
		if (used > max_bytes)
			return too_large(max_bytes);
		if (n == 0) {
			bytes.resize(used);
			return bytes;
		}
	}
}

} // namespace

Result<std::string> read_file(const std::string &path, std::size_t max_bytes)
{
	const Result<UniqueFd> opened = open_file(path);
	if (!opened)
		return opened.error();
	const UniqueFd &fd = *opened;
	struct stat status {};
	if (fstat(fd.fd(), &status) != 0)
		return unreadable("no file");
	if (const Result<void> regular = check_regular(status); !regular)
		return regular.error();
	const auto size = static_cast<std::size_t>(status.st_size);
	if (size > max_bytes)
		return too_large(max_bytes);
	return read_all(fd.fd(), size, max_bytes);
}

} // namespace flowmark
