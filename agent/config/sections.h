// SPDX-License-Identifier: Apache-2.0
// The top-level keys of a policy file, a function each. Each takes the key and
// its value, puts what is good into Context::config and reports the rest.
#pragma once

#include "config/context.h"
#include "config/fields.h"

namespace flowmark {

void decode_interfaces(const YamlEntry &section, Context &context);
void decode_classes(const YamlEntry &section, Context &context);
void decode_sets(const YamlEntry &section, Context &context);
void decode_agent(const YamlEntry &section, Context &context);
void decode_names(const YamlEntry &section, Context &context);

// To be called when decode_names() has seen all files.
void settle_names(Context &context);

// To be called when the classes and sets of all files are known.
void decode_rules(const YamlEntry &section, Context &context);
void decode_default(const YamlEntry &section, Context &context);

} // namespace flowmark
