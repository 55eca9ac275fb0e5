// SPDX-License-Identifier: Apache-2.0
// The tables of the policy in force, as the kernel holds them, for the packet path's
// lookups on this side (lookup/lookup.h).
#pragma once

#include "base/result.h"
#include "datapath/bpf_object.h"
#include "lookup/lookup.h"

namespace flowmark {

class LiveTables {
      public:
	// Maps the inner maps of that policy. It reads as this policy until the one after the
	// next is staged in its place; `policy` must outlive it.
	static Result<LiveTables> open(const fm_policy &policy, int net4_fd, int net6_fd,
				       int hosts_fd);

	[[nodiscard]] fm_lookup_tables tables() const;

      private:
	LiveTables() = default;

	const fm_policy *policy_ = nullptr;
	MapWindow net4_, net6_, hosts_;
};

} // namespace flowmark
