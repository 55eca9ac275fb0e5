// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace flowmark {

const char *version();	// "0.1.0"
const char *revision(); // as git describes it, or "unknown"

} // namespace flowmark
