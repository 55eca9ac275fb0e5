// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

TEST(ConditionDscp, initiators_mark_decides_and_the_reply_inherits)
{
	check_condition(
		{.condition = "dscp: [CS5, AF41]",
		 .hit =
			 [](FrameSpec &f) {
				 f.dscp = static_cast<std::uint8_t>(f.protocol == 6 ? 40 : 34);
			 },
		 .miss =
			 [](FrameSpec &f) {
				 f.dscp = static_cast<std::uint8_t>(f.protocol == 6 ? 41 : 32);
			 }});
}

TEST(ConditionDscp, every_codepoint_is_told_apart)
{
	for (std::uint8_t dscp = 0; dscp < 64; dscp++) {
		Path path("classes: [{ name: hit, dscp: 46 }, { name: other, dscp: 10 }]\n"
			  "rules: [{ class: hit, dscp: " +
			  std::to_string(dscp) +
			  " }]\n"
			  "default: other\n");
		for (const NetShape net : {NetShape::ip4, NetShape::ip6})
			for (std::uint8_t arriving = 0; arriving < 64; arriving++) {
				FrameSpec frame;
				frame.net = net;
				frame.dscp = arriving;
				path.expect(frame, arriving == dscp ? kHit : kMiss);
			}
	}
}

TEST(ConditionDscp, class_follows_a_mark_that_changes_in_mid_flow)
{
	Path path("classes: [{ name: hit, dscp: 46 }, { name: other, dscp: 10 }]\n"
		  "rules: [{ class: hit, dscp: CS5 }]\ndefault: other\n");
	FrameSpec frame;
	for (const int dscp : {40, 0, 40, 8, 40}) {
		frame.dscp = static_cast<std::uint8_t>(dscp);
		path.expect(frame, dscp == 40 ? kHit : kMiss);
		FrameSpec reply = frame.reversed();
		reply.dscp = 8;
		path.expect(reply, dscp == 40 ? kHit : kMiss);
	}
}

TEST(ConditionDscp, reply_still_inherits_when_the_decision_was_forgotten)
{
	Path path("classes: [{ name: hit, dscp: 46 }, { name: other, dscp: 10 }]\n"
		  "rules: [{ class: hit, dscp: CS5 }]\ndefault: other\n");
	FrameSpec frame;
	frame.dscp = 40;
	path.expect(frame, kHit);
	path.expect(frame.reversed(), kHit);
	path.expect(frame, kHit); // both have answered: the mark is a fact now
	path.forget();
	FrameSpec reply = frame.reversed();
	reply.dscp = 0;
	path.expect(reply, kHit);
}

TEST(ConditionDscp, untrusted_marks_match_nothing_and_are_reset)
{
	Path path("classes: [{ name: hit, dscp: 46 }, { name: other, dscp: keep }]\n"
		  "rules: [{ class: hit, dscp: [CS5, 0] }]\ndefault: other\n",
		  "lan0", "trust: false");
	for (const int dscp : {40, 0, 46}) {
		FrameSpec frame;
		frame.dscp = static_cast<std::uint8_t>(dscp);
		path.expect(frame, 0);
	}
}

} // namespace

} // namespace flowmark::test
