// SPDX-License-Identifier: Apache-2.0
// Files, read whole.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace flowmark {

// The bytes of a regular file of at most `max_bytes`. The error is the second
// part of a diagnostic, "found X, expected Y". Never blocks on a pipe or device, and follows
// links as open_file() does.
Result<std::string> read_file(const std::string &path, std::size_t max_bytes);

} // namespace flowmark
