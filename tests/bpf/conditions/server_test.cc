// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

constexpr const char *kServerCondition = "server: [203.0.113.8/30, \"2001:db8:2::/48\"]";

TEST(ConditionServer, prefix_decides)
{
	check_condition({.condition = kServerCondition,
			 .hit = [](FrameSpec &f) { (void)f; },
			 .miss =
				 [](FrameSpec &f) {
					 f.dest.ip4 = "192.0.2.200";
					 f.dest.ip6 = "2001:db8:3::1";
				 }});
}

TEST(ConditionServer, last_address_of_a_prefix_belongs_to_it)
{
	check_condition({.condition = kServerCondition,
			 .hit =
				 [](FrameSpec &f) {
					 f.dest.ip4 = "203.0.113.11";
					 f.dest.ip6 = "2001:db8:2:ffff:ffff:ffff:ffff:ffff";
				 },
			 .miss =
				 [](FrameSpec &f) {
					 f.dest.ip4 = "203.0.113.12";
					 f.dest.ip6 = "2001:db8:3::";
				 }});
}

TEST(ConditionServer, is_not_the_initiators)
{
	check_condition({.condition = "server: [198.51.100.0/24, \"2001:db8:1::/48\"]",
			 .miss = [](FrameSpec &f) { (void)f; }});
}

} // namespace

} // namespace flowmark::test
