// SPDX-License-Identifier: Apache-2.0
// This process as /proc sees it.
#pragma once

namespace flowmark {

// A number that /proc does not tell is 0.
struct ProcessStatus {
	double cpu_seconds = 0;
	double resident_bytes = 0;
	double open_fds = 0;
	double start_time_seconds = 0; // since 1970
};

ProcessStatus process_status();

} // namespace flowmark
