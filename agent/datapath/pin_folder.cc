// SPDX-License-Identifier: Apache-2.0
#include "datapath/pin_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "datapath/pinned_book.h"

namespace flowmark {

namespace fs = std::filesystem;

namespace {

constexpr unsigned long kBpfFsMagic = 0xcafe4a11; // of <linux/magic.h>
constexpr std::string_view kParts[] = {"maps", "links", "filters", "qdiscs"};

constexpr std::string_view kXdpSuffix = "-xdp";

const char *name_of(fm_direction direction)
{
	return direction == FM_INGRESS ? "ingress" : "egress";
}

std::vector<std::string> names_in(const std::string &folder)
{
	std::vector<std::string> names;
	std::error_code none;
	for (const fs::directory_entry &entry : fs::directory_iterator(folder, none))
		names.push_back(entry.path().filename().string());
	return names;
}

bool is_on_bpffs(int fd)
{
	struct statfs facts {};
	return ::fstatfs(fd, &facts) == 0 &&
	       static_cast<unsigned long>(facts.f_type) == kBpfFsMagic;
}

// Whoever can write there can have us take over any map and link. Root must be
// able to detach what the service's user has pinned.
bool is_ours(int fd)
{
	struct stat facts {};
	const uid_t us = ::geteuid();
	return ::fstat(fd, &facts) == 0 && (us == 0 || facts.st_uid == 0 || facts.st_uid == us) &&
	       (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool is_still(const std::string &path, int fd)
{
	struct stat there {
	}, here{};
	return ::stat(path.c_str(), &there) == 0 && ::fstat(fd, &here) == 0 &&
	       there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

std::string in_use(const std::string &base)
{
	const auto head = PinnedBook::head_of(
		fmt::format("{}/v{}/maps/fm_book", base, FM_LAYOUT_VERSION));
	const std::string who = head ? fmt::format("process {}", head->pid) : "another process";
	return fmt::format("the pins in {} are in use by {}", base, who);
}

} // namespace

PinFolder::PinFolder(std::string base, UniqueFd lock)
	: base_(std::move(base)), path_(fmt::format("{}/v{}", base_, FM_LAYOUT_VERSION)),
	  lock_(std::move(lock))
{}

Result<PinFolder::Opened> PinFolder::open(const std::string &base, bool create)
{
	// Again if a detach has removed what was just opened.
	for (;;) {
		const bool made = create && ::mkdir(base.c_str(), kPinMode) == 0;
		if (create && !made && errno != EEXIST)
			return Opened{nullptr, errno_error("cannot make " + base).message};
		UniqueFd lock(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		if (!lock.valid())
			return Opened{nullptr, errno_error("cannot open " + base).message,
				      errno == ENOENT};
		if (!is_on_bpffs(lock.fd())) {
			if (made)
				::rmdir(base.c_str());
			return Opened{nullptr, base + " is not on a BPF file system"};
		}
		if (!is_ours(lock.fd()))
			return Opened{nullptr, base + " can be written by other users"};
		if (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0)
			return Error{in_use(base)};
		if (!is_still(base, lock.fd()))
			continue;
		Opened opened;
		opened.folder.reset(new PinFolder(base, std::move(lock)));
		return opened;
	}
}

std::string PinFolder::map_path(const std::string &name) const
{
	std::string file = name; // a bpffs has no dots
	for (char &c : file)
		if (c == '.')
			c = '_';
	return fmt::format("{}/maps/{}", path_, file);
}

bool PinFolder::is_complete() const
{
	return ::access(book_path().c_str(), F_OK) == 0;
}

Result<void> PinFolder::make() const
{
	std::error_code failed;
	fs::remove_all(path_, failed); // what a killed start has left
	if (::mkdir(path_.c_str(), kPinMode) != 0)
		return errno_error("cannot make " + path_);
	for (const std::string_view part : kParts) {
		const std::string folder = fmt::format("{}/{}", path_, part);
		if (::mkdir(folder.c_str(), kPinMode) != 0)
			return errno_error("cannot make " + folder);
	}
	return {};
}

Result<void> PinFolder::set_aside() const
{
	for (int number = 1;; number++) {
		const std::string to = fmt::format("{}_old{}", path_, number);
		if (::access(to.c_str(), F_OK) == 0)
			continue;
		if (::rename(path_.c_str(), to.c_str()) != 0)
			return errno_error(fmt::format("cannot rename {} to {}", path_, to));
		return {};
	}
}

std::vector<std::string> PinFolder::others() const
{
	std::vector<std::string> folders;
	for (const std::string &name : names_in(base_)) {
		std::string folder = fmt::format("{}/{}", base_, name);
		if (name.starts_with('v') && folder != path_)
			folders.push_back(std::move(folder));
	}
	return folders;
}

std::string link_pin(const std::string &folder, int ifindex, fm_direction direction)
{
	return fmt::format("{}/links/{}-{}", folder, ifindex, name_of(direction));
}

std::string xdp_pin(const std::string &folder, int ifindex)
{
	return fmt::format("{}/links/{}{}", folder, ifindex, kXdpSuffix);
}

std::string filter_sign(const std::string &folder, int ifindex, fm_direction direction)
{
	return fmt::format("{}/filters/{}-{}", folder, ifindex, name_of(direction));
}

std::string qdisc_sign(const std::string &folder, int ifindex)
{
	return fmt::format("{}/qdiscs/{}", folder, ifindex);
}

std::vector<Placed> placed(const std::string &folder, const char *kind)
{
	std::vector<Placed> found;
	for (const std::string &name : names_in(fmt::format("{}/{}", folder, kind))) {
		Placed place;
		const char *end = name.data() + name.size();
		const auto [rest, error] = std::from_chars(name.data(), end, place.ifindex);
		const std::string_view direction(rest, static_cast<std::size_t>(end - rest));
		place.direction = direction == "-ingress" ? FM_INGRESS : FM_EGRESS;
		if (error == std::errc() && (direction == "-ingress" || direction == "-egress"))
			found.push_back(place);
	}
	return found;
}

std::vector<int> placed_xdp(const std::string &folder)
{
	std::vector<int> found;
	for (const std::string &name : names_in(folder + "/links")) {
		int ifindex = 0;
		const char *end = name.data() + name.size();
		const auto [rest, error] = std::from_chars(name.data(), end, ifindex);
		if (error == std::errc() && std::string_view(rest, end) == kXdpSuffix)
			found.push_back(ifindex);
	}
	return found;
}

std::vector<int> made_qdiscs(const std::string &folder)
{
	std::vector<int> found;
	for (const std::string &name : names_in(folder + "/qdiscs")) {
		int ifindex = 0;
		if (std::from_chars(name.data(), name.data() + name.size(), ifindex).ec ==
		    std::errc())
			found.push_back(ifindex);
	}
	return found;
}

} // namespace flowmark
