// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

TEST(ConditionInterface, exact_name)
{
	check_condition({.condition = "interface: lan0", .hit = [](FrameSpec &f) { (void)f; }});
	check_condition({.condition = "interface: lan00", .miss = [](FrameSpec &f) { (void)f; }});
}

TEST(ConditionInterface, glob)
{
	check_condition({.condition = "interface: [wan*, \"lan[0-3]\"]",
			 .hit = [](FrameSpec &f) { (void)f; }});
	check_condition({.condition = "interface: [wan*, \"lan[0-3]\"]",
			 .miss = [](FrameSpec &f) { (void)f; },
			 .interface = "lan4"});
}

} // namespace

} // namespace flowmark::test
