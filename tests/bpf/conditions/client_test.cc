// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

constexpr const char *kClientCondition = "client: [198.51.100.0/25, \"2001:db8:1::/65\"]";

TEST(ConditionClient, prefix_decides)
{
	check_condition({.condition = kClientCondition,
			 .hit = [](FrameSpec &f) { (void)f; },
			 .miss =
				 [](FrameSpec &f) {
					 f.source.ip4 = "192.0.2.200";
					 f.source.ip6 = "2001:db8:3::1";
				 }});
}

TEST(ConditionClient, last_address_of_a_prefix_belongs_to_it)
{
	check_condition({.condition = kClientCondition,
			 .hit =
				 [](FrameSpec &f) {
					 f.source.ip4 = "198.51.100.127";
					 f.source.ip6 = "2001:db8:1::7fff:ffff:ffff:ffff";
				 },
			 .miss =
				 [](FrameSpec &f) {
					 f.source.ip4 = "198.51.100.128";
					 f.source.ip6 = "2001:db8:1:0:8000::";
				 }});
}

TEST(ConditionClient, is_not_the_responders)
{
	check_condition({.condition = "client: [203.0.113.0/24, \"2001:db8:2::/48\"]",
			 .miss = [](FrameSpec &f) { (void)f; }});
}

} // namespace

} // namespace flowmark::test
