// SPDX-License-Identifier: Apache-2.0
// The second half of "found X, expected Y" for a scalar that was refused: why,
// if that can be told, else what is expected in general.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"

namespace flowmark {

// `general` says what is expected if nothing better can be said about `text`.
std::string expected_prefix(std::string_view text, std::string_view general);
std::string expected_number(std::string_view text, std::string_view general);

// For a member of a set of this kind.
std::string expected_member(SetKind kind, std::string_view text);

} // namespace flowmark
