// SPDX-License-Identifier: Apache-2.0
#include "config/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "config/text.h"

namespace flowmark {

namespace {

constexpr int kMostLinks = 40; // as in the kernel

Error no_file()
{
	return Error{found(errno_error("no file").message, "a readable file")};
}

// A path that ends in '/' names a folder.
std::deque<std::string> parts_of(std::string_view path)
{
	std::deque<std::string> parts;
	for (bool more = true; more;) {
		const std::size_t end = path.find('/');
		more = end != std::string_view::npos;
		const std::string_view part = path.substr(0, end);
		if (!part.empty() || !more)
			parts.emplace_back(part.empty() ? "." : part);
		path.remove_prefix(more ? end + 1 : path.size());
	}
	return parts;
}

// Goes to a file part by part, as the kernel does, but looks at each link before it follows it.
class Walk {
      public:
	explicit Walk(uid_t trusted) : trusted_(trusted) {}

	Result<UniqueFd> open(const std::string &path)
	{
		begin(path);
		while (folder_.valid() && !parts_.empty()) {
			const std::string part = std::move(parts_.front());
			parts_.pop_front();
			if (auto done = step(part); !done)
				return done.error();
		}
		return folder_.valid() ? Result<UniqueFd>(std::move(folder_)) : no_file();
	}

      private:
	struct Stranger {
		uid_t user;
		std::string link;
	};

	// From here, or from the root.
	void begin(const std::string &path)
	{
		std::deque<std::string> parts = parts_of(path);
		parts_.insert(parts_.begin(), parts.begin(), parts.end());
		if (path.starts_with('/') || !folder_.valid())
			folder_ = UniqueFd(::open(path.starts_with('/') ? "/" : ".",
						  O_PATH | O_DIRECTORY | O_CLOEXEC));
	}

	Result<void> step(const std::string &part)
	{
		UniqueFd next(
			::openat(folder_.fd(), part.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
		struct stat status {};
		if (!next.valid() || ::fstat(next.fd(), &status) != 0)
			return no_file();
		if (S_ISLNK(status.st_mode))
			return follow(next.fd(), part, status.st_uid);
		return parts_.empty() ? arrive(part) : go_on(std::move(next));
	}

	Result<void> go_on(UniqueFd next)
	{
		folder_ = std::move(next);
		return {};
	}

	// What has become a link since it was looked at is not followed.
	Result<void> arrive(const std::string &part)
	{
		UniqueFd file(::openat(folder_.fd(), part.c_str(),
				       O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
		struct stat status {};
		if (!file.valid() || ::fstat(file.fd(), &status) != 0)
			return no_file();
		if (stranger_ && status.st_uid != stranger_->user)
			return refused();
		return go_on(std::move(file));
	}

	[[nodiscard]] Error refused() const
	{
		return Error{found(fmt::format("the link {} of user {} to what is not that user's",
					       quote(stranger_->link), stranger_->user),
				   "a link of root or of the agent's user")};
	}

	Result<void> follow(int link, const std::string &name, uid_t owner)
	{
		std::array<char, PATH_MAX> target{};
		const ssize_t length = ::readlinkat(link, "", target.data(), target.size());
		if (++links_ > kMostLinks)
			errno = ELOOP;
		if (length < 0 || links_ > kMostLinks)
			return no_file();
		if (stranger_ && owner != stranger_->user)
			return refused();
		if (owner != 0 && owner != trusted_)
			stranger_ = {owner, name};
		begin(std::string(target.data(), static_cast<std::size_t>(length)));
		return {};
	}

	uid_t trusted_;
	UniqueFd folder_;		   // where it is; at the end, the file
	std::deque<std::string> parts_;	   // that are left to go
	std::optional<Stranger> stranger_; // whose link was followed
	int links_ = 0;
};

} // namespace

Result<UniqueFd> open_file(const std::string &path, uid_t trusted)
{
	return Walk(trusted).open(path);
}

} // namespace flowmark
