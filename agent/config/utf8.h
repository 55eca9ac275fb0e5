// SPDX-License-Identifier: Apache-2.0
// UTF-8 as of RFC 3629.
#pragma once

#include <cstddef>
#include <string_view>

namespace flowmark {

struct Utf8Char {
	char32_t code = 0;
	std::size_t length = 0; // in bytes; 0: not UTF-8
};

// The character that begins at text[at]. REQUIRES: at < text.size()
Utf8Char decode_utf8(std::string_view text, std::size_t at);

// C0, DEL and C1: what a terminal may act upon.
bool is_control(char32_t code);

// What makes a text look like another one: bidirectional controls, line and
// paragraph separators, zero-width characters.
bool is_deceptive(char32_t code);

} // namespace flowmark
