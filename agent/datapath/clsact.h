// SPDX-License-Identifier: Apache-2.0
// The clsact qdisc of an interface and our filter on it, by netlink. A filter of
// ours is known by its priority and handle, whoever put it there.
#pragma once

#include <flowmark/abi.h>

#include "base/result.h"

namespace flowmark {

// True if the qdisc was made, false if there was one.
Result<bool> make_clsact(int ifindex);
// Adds our filter, or replaces its program in one step.
Result<void> put_filter(int ifindex, fm_direction direction, int program_fd);
[[nodiscard]] bool has_filter(int ifindex, fm_direction direction);
// Whether there was one to remove.
bool remove_filter(int ifindex, fm_direction direction);
// Removes the qdisc if nobody's filter hangs on it. False if it was left alone.
bool remove_clsact_if_empty(int ifindex);

} // namespace flowmark
