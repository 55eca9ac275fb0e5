// SPDX-License-Identifier: Apache-2.0
#include "datapath/pin_removal.h"

#include <bpf/bpf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include "base/unique_fd.h"
#include "datapath/clsact.h"
#include "datapath/pin_folder.h"

namespace flowmark {

namespace fs = std::filesystem;

namespace {

std::string last_part(const std::string &path)
{
	return path.substr(path.rfind('/') + 1);
}

bool exists(const std::string &path)
{
	return ::access(path.c_str(), F_OK) == 0;
}

// Detached at once, and not when the kernel comes to free the pin.
void remove_link(const std::string &pin, Removed &removed)
{
	const UniqueFd link(bpf_obj_get(pin.c_str()));
	if (link.valid())
		bpf_link_detach(link.fd()); // fails where the interface has gone
	if (::unlink(pin.c_str()) == 0)
		removed.links.push_back(last_part(pin));
	else
		removed.errors.push_back(errno_error("cannot remove " + pin).message);
}

void remove_filters(const std::string &folder, const std::string &ours, Removed &removed)
{
	for (const Placed &place : placed(folder, "filters")) {
		if (!ours.empty() && exists(filter_sign(ours, place.ifindex, place.direction)))
			continue;
		if (remove_filter(place.ifindex, place.direction))
			removed.filters.push_back(
				last_part(filter_sign(folder, place.ifindex, place.direction)));
	}
}

void remove_qdiscs(const std::string &folder, const std::string &ours, Removed &removed)
{
	for (const int ifindex : made_qdiscs(folder)) {
		const bool used = !ours.empty() &&
				  (exists(filter_sign(ours, ifindex, FM_INGRESS)) ||
				   exists(filter_sign(ours, ifindex, FM_EGRESS)));
		if (used)
			::mkdir(qdisc_sign(ours, ifindex).c_str(), 0700);
		else if (remove_clsact_if_empty(ifindex))
			removed.qdiscs.push_back(fmt::to_string(ifindex));
	}
}

// Children first, so that folders are empty when it is their turn.
void remove_tree(const fs::path &path, Removed &removed)
{
	std::error_code failed;
	if (fs::is_directory(fs::symlink_status(path, failed)))
		for (const fs::directory_entry &entry : fs::directory_iterator(path, failed))
			remove_tree(entry.path(), removed);
	if (fs::remove(path, failed))
		removed.pins.push_back(path.string());
	else if (failed)
		removed.errors.push_back(
			fmt::format("cannot remove {}: {}", path.string(), failed.message()));
}

} // namespace

Removed remove_pins(const std::string &folder, const std::string &ours)
{
	Removed removed;
	std::error_code none;
	for (const fs::directory_entry &entry : fs::directory_iterator(folder + "/links", none))
		remove_link(entry.path().string(), removed);
	remove_filters(folder, ours, removed);
	remove_qdiscs(folder, ours, removed);
	if (exists(folder))
		remove_tree(folder, removed);
	return removed;
}

} // namespace flowmark
