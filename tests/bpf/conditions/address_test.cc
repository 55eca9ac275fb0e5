// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

constexpr const char *kCondition = "address: [198.51.100.4/30, \"2001:db8:1::/48\"]";

TEST(ConditionAddress, prefix_decides)
{
	check_condition({.condition = kCondition,
			 .hit = [](FrameSpec &f) { (void)f; },
			 .miss =
				 [](FrameSpec &f) {
					 f.source.ip4 = "192.0.2.200";
					 f.source.ip6 = "2001:db8:3::1";
				 }});
}

TEST(ConditionAddress, last_address_of_a_prefix_belongs_to_it)
{
	check_condition({.condition = kCondition,
			 .hit =
				 [](FrameSpec &f) {
					 f.source.ip4 = "198.51.100.4";
					 f.source.ip6 = "2001:db8:1:ffff::";
				 },
			 .miss =
				 [](FrameSpec &f) {
					 f.source.ip4 = "198.51.100.3";
					 f.source.ip6 = "2001:db8:0:ffff:ffff:ffff:ffff:ffff";
				 }});
}

TEST(ConditionAddress, holds_for_the_responder_too)
{
	check_condition({.condition = "address: [203.0.113.9, \"2001:db8:2::9\"]",
			 .hit = [](FrameSpec &f) { (void)f; },
			 .miss =
				 [](FrameSpec &f) {
					 f.dest.ip4 = "203.0.113.10";
					 f.dest.ip6 = "2001:db8:2::a";
				 }});
}

} // namespace

} // namespace flowmark::test
