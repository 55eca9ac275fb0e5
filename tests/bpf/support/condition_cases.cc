// SPDX-License-Identifier: Apache-2.0
#include "support/condition_cases.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace flowmark::test {

namespace {

constexpr std::uint8_t kTransports[] = {6, 17, 132, 136}; // TCP, UDP, SCTP, UDP-Lite

void check_frame(Path &path, const FrameSpec &frame, std::uint8_t dscp, bool both_directions)
{
	FrameSpec reply = frame.reversed();
	reply.dscp = 0;
	if (frame.protocol == 1 || frame.protocol == 58)
		reply.icmp_type = frame.protocol == 1 ? 0 : 129; // echo reply
	for (const fm_direction direction : {FM_INGRESS, FM_EGRESS}) {
		path.forget();
		path.expect(frame, dscp, direction); // decided
		path.expect(frame, dscp, direction); // remembered
		if (both_directions)
			path.expect(reply, dscp, direction);
	}
}

void check_shape(Path &path, const ConditionCase &test, const FrameSpec &shape)
{
	if (test.covers && !test.covers(shape))
		return;
	if (test.hit) {
		FrameSpec frame = shape;
		test.hit(frame);
		check_frame(path, frame, kHit, test.both_directions);
	}
	if (test.miss) {
		FrameSpec frame = shape;
		test.miss(frame);
		check_frame(path, frame, kMiss, test.both_directions);
	}
}

} // namespace

void check_condition(const ConditionCase &test)
{
	Path path(fmt::format("classes: [{{ name: hit, dscp: {} }}, {{ name: other, dscp: {} }}]\n"
			      "rules: [{{ class: hit, {} }}]\ndefault: other\n",
			      kHit, kMiss, test.condition),
		  test.interface);
	for (const LinkShape link : kLinkShapes)
		for (const NetShape net : kNetShapes)
			for (std::uint8_t ecn = 0; ecn < 4; ecn++)
				for (const std::uint8_t protocol : kTransports) {
					FrameSpec shape;
					shape.link = link;
					shape.net = net;
					shape.ecn = ecn;
					shape.protocol = protocol;
					check_shape(path, test, shape);
					if (testing::Test::HasFailure())
						return; // the first one says enough
				}
}

} // namespace flowmark::test
