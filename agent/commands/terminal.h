// SPDX-License-Identifier: Apache-2.0
// What standard output is, and what may be written there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace flowmark {

struct Style {
	bool colour = false; // ANSI attributes; not with NO_COLOR, not in a file
	bool unicode = false;

	[[nodiscard]] std::string bold(std::string_view text) const;
	[[nodiscard]] std::string dim(std::string_view text) const;
	[[nodiscard]] std::string red(std::string_view text) const;
};

bool stdout_is_terminal();
Style stdout_style();

// Rows of the terminal, 24 if it does not say.
std::size_t terminal_rows();

} // namespace flowmark
