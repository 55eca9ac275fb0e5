// SPDX-License-Identifier: Apache-2.0
// The folder on a bpffs that outlives the agent:
//
//   BASE/v<layout>/maps/NAME        the maps, with the book of what the agent remembers
//                 /links/N-ingress  tcx links by ifindex and direction
//                 /links/N-xdp      XDP links
//                 /filters/N-egress (folder) a clsact filter of ours is there
//                 /qdiscs/N         (folder) we made that clsact qdisc
//
// What is attached can be told from the names alone, so that it can be removed
// whatever the version of who put it there. BASE is locked while this lives.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <flowmark/abi.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace flowmark {

constexpr const char *kDefaultPins = "/sys/fs/bpf/flowmark";
constexpr const char *kPinsOff = "off";
constexpr mode_t kPinMode = 0700; // of folders

class PinFolder {
      public:
	struct Opened {
		std::unique_ptr<PinFolder> folder; // null: there can be none
		std::string why_not;		   // then
		bool missing = false;		   // and whether only because it is not there
	};
	// Locks BASE, making it first if `create`. An error: an agent that lives has
	// it.
	static Result<Opened> open(const std::string &base, bool create);

	[[nodiscard]] const std::string &base() const { return base_; }
	// Of this layout version.
	[[nodiscard]] const std::string &path() const { return path_; }
	[[nodiscard]] std::string map_path(const std::string &name) const;
	[[nodiscard]] std::string book_path() const { return map_path("fm_book"); }

	// Whether there is a folder of this layout version, made to its end. The book
	// is pinned last, and before anything is attached.
	[[nodiscard]] bool is_complete() const;
	// An empty one. REQUIRES: !is_complete()
	[[nodiscard]] Result<void> make() const;
	// Makes a stranger of ours, as if it were of another version.
	[[nodiscard]] Result<void> set_aside() const;

	// The folders that are not ours().
	[[nodiscard]] std::vector<std::string> others() const;

      private:
	PinFolder(std::string base, UniqueFd lock);

	std::string base_, path_;
	UniqueFd lock_;
};

// Places in a folder of any version.
std::string link_pin(const std::string &folder, int ifindex, fm_direction direction);
std::string xdp_pin(const std::string &folder, int ifindex);
std::string filter_sign(const std::string &folder, int ifindex, fm_direction direction);
std::string qdisc_sign(const std::string &folder, int ifindex);

// What a name in `links` or `filters` says; not for XDP.
struct Placed {
	int ifindex = 0;
	fm_direction direction = FM_INGRESS;
};
std::vector<Placed> placed(const std::string &folder, const char *kind);
// The interfaces of the XDP links.
std::vector<int> placed_xdp(const std::string &folder);
std::vector<int> made_qdiscs(const std::string &folder);

} // namespace flowmark
