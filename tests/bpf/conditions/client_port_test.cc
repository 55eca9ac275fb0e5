// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

TEST(ConditionClientPort, is_the_initiators)
{
	check_condition({.condition = "client_port: 40000-40010",
			 .hit = [](FrameSpec &f) { f.source.port = 40010; },
			 .miss = [](FrameSpec &f) { f.source.port = 40011; }});
}

TEST(ConditionClientPort, is_not_the_responders)
{
	check_condition(
		{.condition = "client_port: 443", .miss = [](FrameSpec &f) { f.dest.port = 443; }});
}

} // namespace

} // namespace flowmark::test
