// SPDX-License-Identifier: Apache-2.0
// Opens a file for reading without letting other users choose which. Who may write the
// folder of a set's file (a job that fetches lists) could put a link there to what only the
// agent may read, and see its lines in the errors.
#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace flowmark {

// A symbolic link anywhere on the way is followed if root or `trusted` owns it. Another user's
// is, if all that it leads through to the end is that user's too, which is no more than could
// be put in its place. Never blocks on a pipe or device. The error is the second part of a
// diagnostic, "found X, expected Y".
Result<UniqueFd> open_file(const std::string &path, uid_t trusted = ::geteuid());

} // namespace flowmark
