// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <string>
#include <system_error>
#include <utility>

namespace flowmark {

Result<std::thread> start_thread(const char *purpose, std::function<void()> work)
{
	try {
		return std::thread(std::move(work));
	} catch (const std::system_error &error) {
		return Error{std::string("cannot start a thread for ") + purpose + ": " +
			     error.code().message()};
	}
}

} // namespace flowmark
