// SPDX-License-Identifier: Apache-2.0
// What yaml-cpp says about broken YAML, said in our words and at the place where
// the operator has to look.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.h"
#include "config/report.h"

namespace YAML {
class Exception;
}

namespace flowmark {

// `innermost` is where the innermost list or map begins that was being read.
void report_syntax_error(const YAML::Exception &error, const std::string &text, Location innermost,
			 Report &report);

// A second document began at `at`, which is text[offset].
void report_second_document(Location at, std::size_t offset, std::string_view text, Report &report);

} // namespace flowmark
