// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

TEST(ConditionServerPort, is_the_responders)
{
	check_condition({.condition = "server_port: [443, 8443]",
			 .hit = [](FrameSpec &f) { f.dest.port = f.ecn & 1 ? 443 : 8443; },
			 .miss = [](FrameSpec &f) { f.dest.port = 80; }});
}

TEST(ConditionServerPort, is_not_the_initiators)
{
	check_condition({.condition = "server_port: 40000",
			 .miss = [](FrameSpec &f) { f.source.port = 40000; }});
}

} // namespace

} // namespace flowmark::test
