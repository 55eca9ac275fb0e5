// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

TEST(ConditionProtocol, matches_by_name)
{
	check_condition(
		{.condition = "protocol: udp",
		 .hit = [](FrameSpec &f) { f.protocol = 17; },
		 .miss = [](FrameSpec &f) { f.protocol = f.protocol == 17 ? 6 : f.protocol; }});
}

TEST(ConditionProtocol, matches_by_number_and_without_ports)
{
	check_condition({.condition = "protocol: [47, 50, icmp, icmpv6]",
			 .hit =
				 [](FrameSpec &f) {
					 f.protocol = f.ecn & 1 ? 47 : is_ip6(f.net) ? 58 : 1;
					 f.icmp_type = is_ip6(f.net) ? 128 : 8;
				 },
			 .miss = [](FrameSpec &f) { f.protocol = 89; }});
}

} // namespace

} // namespace flowmark::test
