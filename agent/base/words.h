// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace flowmark {

// "1 rule", "2 rules", "3 classes"
std::string counted(std::uint64_t n, std::string_view singular);

} // namespace flowmark
