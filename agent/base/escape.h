// SPDX-License-Identifier: Apache-2.0
// Text that others chose, made fit for where it goes. An interface may well be
// called "\x1b[2J": the kernel refuses only '/', ':' and blanks. For terminals and
// log lines there is printable() in config/text.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flowmark {

// As printable(), and a backslash is doubled: different texts stay different.
// For the labels of metrics, where two that became the same would spoil the scrape.
std::string distinct_printable(std::string_view text);

// A JSON string, with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

// The columns that `text` takes in a terminal, one per code point or stray byte.
std::size_t display_width(std::string_view text);

} // namespace flowmark
