// SPDX-License-Identifier: Apache-2.0
// The different names of all groups, found by their hash; see policy/host_table.h.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/host_table.h"

namespace flowmark {

// A name, or with "*." in front what is below one.
struct HostEntry {
	std::uint64_t key; // of the packet path's table
	std::string_view text;
	std::uint32_t links; // its groups: head of a list in HostIndex
};

class HostIndex {
      public:
	// Fails if two names have one hash. What the groups refer to must outlive this.
	static Result<HostIndex> make(std::span<const HostGroup> groups);

	// In the order in which they are first given.
	[[nodiscard]] const std::vector<HostEntry> &entries() const { return entries_; }

	// The groups of an entry and of the suffixes above it, ascending, each once.
	void groups_of(const HostEntry &entry, std::vector<std::uint32_t> &groups) const;

      private:
	struct Link {
		std::uint32_t group;
		std::uint32_t next; // kEnd: none
	};
	static constexpr std::uint32_t kEnd = UINT32_MAX;

	explicit HostIndex(std::size_t names);

	Result<void> add(std::string_view text, std::uint32_t group);
	// Where the entry of that key is, or a free place for it.
	[[nodiscard]] std::size_t place_of(std::uint64_t key) const;
	void link(HostEntry &entry, std::uint32_t group);
	void append_groups(const HostEntry &entry, std::vector<std::uint32_t> &groups) const;

	std::vector<HostEntry> entries_;
	std::vector<std::uint32_t> places_; // open addressing: index of an entry + 1, or 0
	std::vector<Link> links_;
	bool has_suffixes_ = false;
};

} // namespace flowmark
