// SPDX-License-Identifier: Apache-2.0
// The members of a set, from a file or from the policy itself.
#pragma once

#include <string>
#include <string_view>

#include "config/context.h"

namespace flowmark {

// Appends one member. False if `text` is no member of that kind of set. Past
// FM_MAX_SET_MEMBERS members over all sets it appends nothing and reports that
// once, at `at`.
bool add_set_member(std::string_view text, Location at, Set &set, Context &context);

// Appends the members of a file: one per line, blanks around it, "#" begins a
// comment. Reports a file that cannot be read at `named`, where the policy names
// it, and a line that is no member at its own place.
void read_set_file(const std::string &path, const YamlNode &named, Set &set, Context &context);

} // namespace flowmark
