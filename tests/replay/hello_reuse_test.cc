// SPDX-License-Identifier: Apache-2.0
// A port that is used again: the name is the new connection's.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "replay/conversation.h"

namespace flowmark::test {

namespace {

const char *const kName = "www.example.com", *const kNext = "other.example";

NamePath &path()
{
	static NamePath loaded({kName}, {kNext});
	return loaded;
}

// Of the same ends: a connection that has its name, and the next one, so long after it.
struct Reused {
	explicit Reused(std::uint64_t after_ms, FrameSpec ends = path().fresh())
		: flow(path(), ends), next(path(), ends, 0x80000000)
	{
		flow.open();
		flow.client(0, hello_of_name(kName));
		EXPECT_EQ(flow.name(), kName);
		EXPECT_EQ(flow.later(), kNamed);
		path().pass(after_ms);
	}

	Conversation flow, next;
};

// Within and after the time in which an answer may be a late copy.
constexpr std::uint64_t kTimes[] = {0, 1000, 1999, 2000, 2500, 60'000};

} // namespace

TEST(HelloReuse, the_next_hello_gives_the_next_name)
{
	const Bytes hello = hello_of_name(kNext);
	const View whole(hello);
	for (const std::uint64_t after : kTimes)
		for (const LinkShape link : kLinkShapes)
			for (const NetShape net : {NetShape::ip4, NetShape::ip6})
				for (const std::size_t cut : {0UL, 1UL, 300UL})
					for (const bool swapped : {false, true}) {
						FrameSpec ends = path().fresh();
						ends.link = link;
						ends.net = net;
						Reused reused(after, ends);
						Conversation &next = reused.next;
						next.open();
						for (const bool second : {swapped, !swapped}) {
							const View part = second ? whole.subspan(
											   cut)
										 : whole.first(cut);
							if (!part.empty())
								next.client(second ? cut : 0, part);
						}
						const std::string what = fmt::format(
							"{} after {} cut at {}", ends.describe(),
							after, cut);
						ASSERT_EQ(next.name(), kNext) << what;
						ASSERT_EQ(next.later(), kOther) << what;
					}
}

TEST(HelloReuse, without_another_hello_the_old_name_goes_with_the_servers_answer)
{
	for (const std::uint64_t after : {2000, 2500, 60'000}) {
		Reused reused(after);
		EXPECT_EQ(reused.next.syn(), kNamed); // it may be anybody's
		EXPECT_EQ(reused.next.name(), kName);
		EXPECT_EQ(reused.next.syn_ack(), 0);
		EXPECT_EQ(reused.next.name(), "");
		EXPECT_EQ(reused.next.later(), 0);
	}
}

TEST(HelloReuse, a_hello_without_a_name_takes_the_old_one_away)
{
	for (const std::uint64_t after : kTimes) {
		Reused reused(after);
		reused.next.open();
		EXPECT_EQ(reused.next.client(0, hello_of_name("")), 0);
		EXPECT_EQ(reused.next.name(), "");
		EXPECT_EQ(reused.next.later(), 0);
	}
}

TEST(HelloReuse, a_SYN_that_nobody_answers_changes_nothing)
{
	for (const std::uint64_t after : kTimes) {
		Reused reused(after);
		for (unsigned i = 0; i < 3; i++)
			reused.next.syn();
		EXPECT_EQ(reused.flow.name(), kName);
		EXPECT_EQ(reused.flow.later(), kNamed);
	}
}

TEST(HelloReuse, a_late_copy_of_the_answer_changes_nothing)
{
	Reused reused(1000);
	reused.flow.open();
	EXPECT_EQ(reused.flow.name(), kName);
	EXPECT_EQ(reused.flow.later(), kNamed);
}

TEST(HelloReuse, half_a_hello_of_the_old_connection_is_forgotten)
{
	const Bytes old = hello_of_name(kName), hello = hello_of_name(kNext);
	for (const std::uint64_t after : kTimes) {
		const FrameSpec ends = path().fresh();
		Conversation flow(path(), ends), next(path(), ends, 1100);
		flow.open();
		flow.client(0, View(old).first(300));
		path().pass(after);
		next.open();
		next.client(0, View(hello).first(200));
		next.client(200, View(hello).subspan(200));
		EXPECT_EQ(next.name(), kNext);
		EXPECT_EQ(next.later(), kOther);
	}
}

// Where the SYN went another way.
TEST(HelloReuse, a_beginning_that_was_left_alone_does_not_hold_up_the_next)
{
	const Bytes half = slice(hello_of_name(kName), 0, 300), hello = hello_of_name(kNext);
	for (const Bytes &old : {half, text("220 mail.example ESMTP\r\n")})
		for (const std::uint32_t first : {1100U, 9000U, 40'000U, 0x90000000U}) {
			const FrameSpec ends = path().fresh();
			Conversation flow(path(), ends), next(path(), ends, first);
			flow.client(0, old);
			path().pass(60'000);
			next.client(0, View(hello).first(200));
			next.client(200, View(hello).subspan(200));
			EXPECT_EQ(next.name(), kNext) << old.size() << " bytes, then " << first;
			EXPECT_EQ(next.later(), kOther);
		}
}

// A segment that was lost is sent again after a fifth of a second, a second, then three.
TEST(HelloReuse, either_half_of_a_hello_may_come_late)
{
	const Bytes hello = hello_of_name(kName);
	const View whole(hello);
	for (const std::uint64_t after : {201, 1000, 3000, 7000})
		for (const bool swapped : {false, true}) {
			Conversation flow(path());
			flow.open();
			swapped ? flow.client(300, whole.subspan(300))
				: flow.client(0, whole.first(300));
			path().pass(after);
			swapped ? flow.client(0, whole.first(300))
				: flow.client(300, whole.subspan(300));
			EXPECT_EQ(flow.name(), kName) << after;
			EXPECT_EQ(flow.later(), kNamed) << after;
		}
}

} // namespace flowmark::test
