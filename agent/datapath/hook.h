// SPDX-License-Identifier: Apache-2.0
// One attachment of a program to one direction of an interface: a tcx link, or a
// clsact filter on kernels before 6.6. Never touches what others have attached.
//
// It stays attached when its owner ends, if it is pinned or a filter; detach()
// takes it away.
#pragma once

#include <memory>
#include <string>

#include <flowmark/abi.h>

#include "base/result.h"
#include "datapath/engine.h"

namespace flowmark {

struct HookPlace {
	int ifindex = 0;
	fm_direction direction = FM_INGRESS;
	std::string pins; // the folder of our version; empty: nothing is pinned
};

class Hook {
      public:
	virtual ~Hook() = default;
	[[nodiscard]] virtual const char *kind() const = 0; // "tcx" or "clsact"

	// Puts another program into the same place, in one step.
	virtual Result<void> update(int program_fd) = 0;
	virtual void detach() = 0;

	// Attaches `program_fd` first in line, so that another program's verdict does
	// not hide packets from us. `wanted` automatic tries tcx, then clsact.
	static Result<std::unique_ptr<Hook>> attach(int program_fd, const HookPlace &place,
						    HookKind wanted);

	// What an earlier agent attached there, still with its program; null if there
	// is nothing. The pin of a link whose interface has gone is removed. An error if it
	// cannot be told: then all stays as it is.
	static Result<std::unique_ptr<Hook>> find(const HookPlace &place);
};

// Removes the clsact qdisc if we made it and nothing hangs on it any more. Once
// the interface's hooks are detached.
void release_qdisc(int ifindex, const std::string &pins);

} // namespace flowmark
