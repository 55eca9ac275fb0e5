// SPDX-License-Identifier: Apache-2.0
// Bytes that are no text.
#pragma once

#include <cstdint>
#include <string>

#include "config/report.h"

namespace flowmark {

// Removes a UTF-8 byte order mark.
void remove_bom(std::string &text);

// Reports each line that is not UTF-8 or has control characters other than
// tabs and line ends. True if there is none.
bool check_encoding(const std::string &text, std::uint32_t file, Report &report);

} // namespace flowmark
