// SPDX-License-Identifier: Apache-2.0
#include "base/words.h"

#include <fmt/format.h>

namespace flowmark {

std::string counted(std::uint64_t n, std::string_view singular)
{
	if (n == 1)
		return fmt::format("1 {}", singular);
	return fmt::format("{} {}{}", n, singular, singular.ends_with('s') ? "es" : "s");
}

} // namespace flowmark
