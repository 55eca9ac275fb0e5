// SPDX-License-Identifier: Apache-2.0
// YAML text to Config. Strict: an unknown key, a duplicate key, a wrong type, a
// value out of range, an unknown class or set, or a limit passed is an error.
// Reads everything it can and reports all errors of all files, not the first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"

namespace flowmark {

// One finding. Printed as "FILE:LINE:COLUMN: error: found X, expected Y".
struct Diagnostic {
	enum class Severity { error, warning };

	Severity severity = Severity::error;
	std::string file;
	std::uint32_t line = 0;	  // from 1; 0 when the whole file is meant
	std::uint32_t column = 0; // from 1; 0 when the whole line is meant
	std::string text;	  // "found X, expected Y", without a full stop

	[[nodiscard]] std::string format() const;
};

struct LoadResult {
	std::optional<Config> config; // set if and only if no diagnostic is an error
	std::vector<Diagnostic> diagnostics;
};

// Reads `path`, then every *.yaml of the folder beside it that is named like it
// with ".d" for its extension (/etc/flowmark/flowmark.yaml and
// /etc/flowmark/flowmark.d/*.yaml) in lexical order: lists are appended, sets
// and scalars may be given once. Set files are relative to the file that names
// them. Touches nothing but these files.
LoadResult load_config(const std::string &path);

} // namespace flowmark
