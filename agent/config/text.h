// SPDX-License-Identifier: Apache-2.0
// The wording of diagnostics.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace flowmark {

using Words = std::span<const std::string_view>;

// `text` as it may reach a terminal: control characters, what is not UTF-8 and
// what deceives the eye become \n, \t, \xNN or \u{NNNN}.
std::string printable(std::string_view text);

// 'text', printable and cut after about 40 characters.
std::string quote(std::string_view text);

// "a, b, c"
std::string join(Words words);

// " (did you mean 'class'?)" if one of `known` is close to `text`, or "".
std::string did_you_mean(std::string_view text, Words known);

// "found FOUND, expected EXPECTED"
std::string found(std::string_view what, std::string_view expected);

} // namespace flowmark
