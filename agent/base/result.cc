// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cerrno>
#include <system_error>

namespace flowmark {

Error errno_error(const std::string &what)
{
	return errno_error(what, -errno);
}

Error errno_error(const std::string &what, int negative_errno)
{
	// strerror(3) is not for threads; this is, and has the same texts.
	return Error{what + ": " + std::generic_category().message(-negative_errno)};
}

} // namespace flowmark
