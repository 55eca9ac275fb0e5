// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <ctime>

#include <gtest/gtest.h>

#include "base/unique_fd.h"
#include "metrics/process.h"

namespace flowmark {

TEST(ProcessStatus, is_that_of_this_process)
{
	const ProcessStatus status = process_status();
	EXPECT_GE(status.cpu_seconds, 0);
	EXPECT_GT(status.resident_bytes, 1e6);
	EXPECT_LT(status.resident_bytes, 1e11);
	const auto now = static_cast<double>(std::time(nullptr));
	EXPECT_LE(status.start_time_seconds, now + 2);
	EXPECT_GT(status.start_time_seconds, now - 86400);
	EXPECT_EQ(process_status().start_time_seconds, status.start_time_seconds);
}

TEST(ProcessStatus, an_open_descriptor_counts_as_one)
{
	const double before = process_status().open_fds;
	const UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
	EXPECT_EQ(process_status().open_fds, before + 1);
}

} // namespace flowmark
