// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "support/condition_cases.h"

namespace flowmark::test {

namespace {

constexpr const char *kPolicy = "classes: [{ name: hit, dscp: 46 }, { name: other, dscp: 10 }]\n"
				"rules: [{ class: hit, port: 443 }]\ndefault: other\n";

FrameSpec first_fragment(NetShape net)
{
	FrameSpec frame;
	frame.net = net;
	return frame;
}

FrameSpec later_fragment(FrameSpec frame)
{
	frame.later_fragment = true;
	return frame;
}

// An IPv6 first fragment: the atomic shape with the "more fragments" bit set.
Bytes with_more_fragments(const FrameSpec &frame)
{
	Bytes bytes = frame.build();
	bytes[frame.l3_offset() + 40 + 3] |= 1;
	return bytes;
}

TEST(Fragments, later_ones_follow_the_first_v4)
{
	Path path(kPolicy);
	const FrameSpec first = first_fragment(NetShape::ip4_first_fragment);
	path.expect(first, kHit);
	path.expect(later_fragment(first), kHit);
	path.forget();
	path.expect(later_fragment(first), kHit);
}

TEST(Fragments, later_ones_follow_the_first_v6)
{
	Path path(kPolicy);
	const FrameSpec first = first_fragment(NetShape::ip6_atomic);
	path.run(FM_INGRESS, with_more_fragments(first));
	path.expect(later_fragment(first), kHit);
}

TEST(Fragments, an_atomic_fragment_is_not_remembered)
{
	Path path(kPolicy);
	const FrameSpec atomic = first_fragment(NetShape::ip6_atomic);
	path.expect(atomic, kHit);
	path.expect(later_fragment(atomic), kUntouched);
}

TEST(Fragments, without_a_first_one_they_pass_untouched_and_are_counted)
{
	Path path(kPolicy);
	path.expect(later_fragment(first_fragment(NetShape::ip4_first_fragment)), kUntouched);
	path.expect(later_fragment(first_fragment(NetShape::ip6_atomic)), kUntouched);
	EXPECT_EQ(path.count(FM_INGRESS, "fragment", true).packets, 2U);
}

TEST(Fragments, directions_and_ids_are_kept_apart)
{
	Path path(kPolicy);
	const FrameSpec first = first_fragment(NetShape::ip4_first_fragment);
	path.expect(first, kHit);
	path.expect(later_fragment(first.reversed()), kUntouched);
	FrameSpec other_id = later_fragment(first);
	other_id.fragment_id++;
	path.expect(other_id, kUntouched);
	FrameSpec other_protocol = later_fragment(first);
	other_protocol.protocol = 6;
	path.expect(other_protocol, kUntouched);
}

TEST(Fragments, a_reload_decides_later_ones_by_the_new_policy)
{
	Path path(kPolicy);
	const FrameSpec first = first_fragment(NetShape::ip4_first_fragment);
	path.expect(first, kHit);
	path.reload("classes: [{ name: hit, dscp: 20 }, { name: other, dscp: 10 }]\n"
		    "rules: [{ class: hit, port: 443 }]\ndefault: other\n");
	path.expect(later_fragment(first), 20);
}

} // namespace

} // namespace flowmark::test
