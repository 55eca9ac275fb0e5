// SPDX-License-Identifier: Apache-2.0
// One attachment of a program to one direction of an interface: a tcx link, or a
// clsact filter on kernels before 6.6. Ends with its owner; never touches what
// others have attached.
#pragma once

#include <memory>
#include <string>

#include <flowmark/abi.h>

#include "base/result.h"
#include "datapath/engine.h"

namespace flowmark {

class Hook {
      public:
	virtual ~Hook() = default;			    // detaches
	[[nodiscard]] virtual const char *kind() const = 0; // "tcx" or "clsact"

	// Attaches `program_fd` first in line, so that another program's verdict does
	// not hide packets from us. `wanted` automatic tries tcx, then clsact.
	static Result<std::unique_ptr<Hook>> attach(int program_fd, int ifindex,
						    fm_direction direction, HookKind wanted);
};

} // namespace flowmark
