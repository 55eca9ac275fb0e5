// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

TEST(ConditionPort, holds_for_either_end)
{
	check_condition({.condition = "port: 443",
			 .hit = [](FrameSpec &f) { f.dest.port = 443; },
			 .miss = [](FrameSpec &f) { f.dest.port = 444; }});
	check_condition({.condition = "port: 40000",
			 .hit = [](FrameSpec &f) { f.source.port = 40000; },
			 .miss = [](FrameSpec &f) { f.source.port = 39999; }});
}

TEST(ConditionPort, range_ends_belong_to_it)
{
	check_condition({.condition = "port: [5060-5061, 65535]",
			 .hit = [](FrameSpec &f) { f.dest.port = f.ecn & 1 ? 5060 : 5061; },
			 .miss = [](FrameSpec &f) { f.dest.port = f.ecn & 1 ? 5059 : 5062; }});
}

TEST(ConditionPort, port_zero_is_a_port_and_none_is_not)
{
	check_condition({.condition = "port: 0",
			 .hit = [](FrameSpec &f) { f.dest.port = 0; },
			 .miss = [](FrameSpec &f) { f.protocol = 47; }});
}

} // namespace

} // namespace flowmark::test
