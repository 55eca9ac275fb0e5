// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

TEST(ConditionVlan, outer_id_decides)
{
	check_condition({.condition = "vlan: [5, 7-8]",
			 .hit = [](FrameSpec &f) { f.vlan = f.ecn & 1 ? 7 : 8; },
			 .miss = [](FrameSpec &f) { f.vlan = 9; },
			 .covers = [](const FrameSpec &f) { return has_vlan(f.link); }});
}

TEST(ConditionVlan, untagged_and_inner_tags_match_nothing)
{
	check_condition({.condition = "vlan: [1-6, 8-4094]", /* 99 is the inner tag of QinQ */
			 .miss = [](FrameSpec &f) { f.vlan = 7; }});
}

} // namespace

} // namespace flowmark::test
