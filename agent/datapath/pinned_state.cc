// SPDX-License-Identifier: Apache-2.0
#include "datapath/pinned_state.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

namespace flowmark {

Result<std::uint64_t> netns_cookie()
{
	constexpr int kNetnsCookie = 71; // SO_NETNS_COOKIE, since 5.14
	const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (!socket.valid())
		return errno_error("cannot tell which network namespace this is");
	std::uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);
	if (::getsockopt(socket.fd(), SOL_SOCKET, kNetnsCookie, &cookie, &length) == 0)
		return cookie;
	struct stat facts {}; // its inode may be used again, which is the best there is
	if (::stat("/proc/self/ns/net", &facts) != 0)
		return errno_error("cannot tell which network namespace this is");
	return std::uint64_t{facts.st_ino};
}

// Why the folder of our layout version is not ours to go on with; empty if it is.
Result<std::string> PinnedState::misfit() const
{
	const auto head = book_->head();
	if (!head)
		return head.error();
	if (!*head)
		return std::string("its book is damaged");
	if ((*head)->data_layout != head_.data_layout)
		return std::string("its maps are laid out differently");
	if ((*head)->netns != head_.netns)
		return std::string("its interfaces are in another network namespace");
	return std::string();
}

// The same; keeps the book if it fits. A failure to look is no misfit: counters and names of
// years would go for a moment without memory.
Result<std::string> PinnedState::open_book()
{
	auto book = PinnedBook::open(folder_->book_path());
	if (!book)
		return book.error();
	if (!*book)
		return std::string("its book is of another version");
	book_ = std::move(*book);
	auto why = misfit();
	if (!why || !why->empty())
		return why;
	auto contents = book_->read();
	if (!contents)
		return contents.error();
	contents_ = std::move(*contents);
	return why;
}

Result<void> PinnedState::prepare(std::uint64_t data_layout)
{
	const auto netns = netns_cookie();
	if (!netns)
		return netns.error();
	head_ = {static_cast<std::uint32_t>(::getpid()), *netns, data_layout};
	if (folder_->is_complete()) {
		auto why = open_book();
		if (!why)
			return why.error();
		if (why->empty()) {
			taken_over_ = true;
			book_->write_head(head_);
			return {};
		}
		log_warning("clean start: what an earlier agent has pinned does not fit",
			    {{"pins", folder_->path()}, {"reason", *why}});
		book_.reset();
		if (auto moved = folder_->set_aside(); !moved)
			return moved;
	}
	clean_ = true;
	return folder_->make();
}

Result<void> PinnedState::complete()
{
	auto book = PinnedBook::create(folder_->book_path(), head_);
	if (!book)
		return book.error();
	book_ = std::move(*book);
	return {};
}

void PinnedState::remove_others()
{
	for (const std::string &other : folder_->others()) {
		const Removed removed = remove_pins(other, folder_->path());
		log_warning("clean start: the pins of another version are removed",
			    {{"pins", other},
			     {"links", removed.links.size()},
			     {"filters", removed.filters.size()},
			     {"errors", removed.errors.size()}});
	}
}

void PinnedState::remove()
{
	const Removed removed = remove_pins(folder_->path());
	for (const std::string &error : removed.errors)
		log_warning(error);
	::rmdir(folder_->base().c_str()); // stays where it is not ours to remove
}

} // namespace flowmark
