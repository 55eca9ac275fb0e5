// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

// Nothing in these frames says a name.
TEST(ConditionHost, a_flow_without_a_name_matches_nothing)
{
	check_condition(
		{.condition = "host: [example.com, \"*.com\"]", .miss = [](FrameSpec &) {}});
}

} // namespace

} // namespace flowmark::test
