// SPDX-License-Identifier: Apache-2.0
// A name that the other end has answered is the flow's for good; one that it has not, anybody
// may have said, from any address.
#include <arpa/inet.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <deque>

#include "datapath/flow_memory.h"
#include "names/name.h"
#include "replay/conversation.h"

namespace flowmark::test {

namespace {

const char *const kName = "www.example.com";
constexpr std::uint8_t kRst = 4, kAck = 16;

NamePath &path()
{
	static NamePath loaded({kName});
	return loaded;
}

bool is_settled(const Conversation &flow)
{
	const auto name = NameMaps(path().instance().object()).name_of(flow.key());
	return name && (name->from & FM_NAME_SETTLED) != 0;
}

// Remembered decisions whose flows' packets take the slow way, to be looked at.
std::ptrdiff_t awaiting()
{
	BpfObject &object = path().instance().object();
	return std::count_if(object.cache(), object.cache() + object.cache_entries(),
			     [](std::uint64_t entry) { return (entry & FM_ENTRY_AWAITS) != 0; });
}

// Of a flow that has said a hello.
struct Named {
	Named()
	{
		flow.open();
		flow.client(0, hello);
		EXPECT_EQ(flow.name(), kName);
		EXPECT_FALSE(is_settled(flow));
	}

	Bytes hello = hello_of_name(kName);
	FrameSpec ends = path().fresh();
	Conversation flow{path(), ends};
};

std::uint64_t number_of(const std::string &ip4)
{
	in_addr address{};
	EXPECT_EQ(inet_pton(AF_INET, ip4.c_str(), &address), 1);
	return ntohl(address.s_addr);
}

// A flow whose client was told by DNS what the server is.
struct Told {
	// `public_name`: hash of the one that stands for it, or 0.
	explicit Told(std::uint64_t public_name = 0)
	{
		fm_binding binding{};
		binding.expires_ns = ~0ULL;
		binding.public_name = public_name;
		binding.name = make_name(kName, FM_EVIDENCE_DNS);
		NameMaps(path().instance().object())
			.put({{0, number_of(ends.source.ip4)}, {0, number_of(ends.dest.ip4)}},
			     binding);
	}

	FrameSpec ends = path().fresh();
	Conversation flow{path(), ends};
};

void flood_with_strangers(NamePath &path)
{
	NameMaps names(path.instance().object());
	fm_name name = make_name("stranger.example", FM_EVIDENCE_SNI);
	name.from = FM_NAME_FROM_HIGH;
	fm_flow_key key{};
	key.protocol = 6;
	key.family = 4;
	for (std::uint32_t stranger = 0; stranger < 2 * FM_NAME_ENTRIES; stranger++) {
		key.low_addr[1] = 0x0b000000 + stranger;
		names.put_name(key, flow_hash(path.instance().object(), key), name);
	}
}

} // namespace

TEST(NameAnswer, is_what_the_other_end_says_first)
{
	for (const bool has_data : {false, true}) {
		Named named;
		EXPECT_EQ(named.flow.server(0, has_data ? text("hello to you") : Bytes{}), kNamed);
		EXPECT_TRUE(is_settled(named.flow));
		EXPECT_EQ(named.flow.name(), kName);
		EXPECT_EQ(named.flow.later(), kNamed);
	}
}

TEST(NameAnswer, is_nothing_that_the_same_end_says)
{
	Named named;
	EXPECT_EQ(named.flow.client(named.hello.size(), text("early data")), kNamed);
	EXPECT_EQ(named.flow.client(0, named.hello), kNamed);
	EXPECT_EQ(named.flow.client(0, {}), kNamed);
	EXPECT_FALSE(is_settled(named.flow));
	named.flow.server(0, {});
	EXPECT_TRUE(is_settled(named.flow));
}

TEST(NameAnswer, is_not_what_a_server_says_to_whoever_knocks)
{
	Named named;
	EXPECT_EQ(named.flow.syn_ack(), kNamed);
	EXPECT_FALSE(is_settled(named.flow));
	FrameSpec reset = named.ends.reversed();
	reset.tcp_flags = kRst | kAck;
	fm_flow_key key{};
	EXPECT_EQ(path().run({tcp_frame(reset, 0, {})}, key), kNamed);
	EXPECT_FALSE(is_settled(named.flow));
}

// Where one direction alone comes by nothing can be waited for.
TEST(NameAnswer, is_awaited_for_a_while)
{
	Named named;
	path().pass(2000);
	const std::ptrdiff_t before = awaiting();
	EXPECT_EQ(named.flow.client(named.hello.size(), text("data")), kNamed);
	EXPECT_EQ(awaiting(), before - 1);
	EXPECT_FALSE(is_settled(named.flow));
	EXPECT_EQ(named.flow.later(), kNamed);
}

// What DNS has said is the flow's name from its first packet on, unless a hello says better.
TEST(NameAnswer, is_awaited_behind_what_dns_has_said_too)
{
	for (const bool hello : {false, true}) {
		Told told;
		told.flow.open();
		told.flow.client(0, {});
		EXPECT_EQ(told.flow.name(), kName);
		EXPECT_FALSE(is_settled(told.flow));
		if (hello)
			told.flow.client(0, hello_of_name("other.example"));
		EXPECT_EQ(told.flow.name(), hello ? "other.example" : kName);
		EXPECT_FALSE(is_settled(told.flow));
		told.flow.server(0, {});
		EXPECT_TRUE(is_settled(told.flow));
		EXPECT_EQ(told.flow.later(), hello ? kOther : kNamed);
	}
}

TEST(NameAnswer, of_a_server_that_dns_named_does_not_end_the_wait_for_a_hello)
{
	const Bytes hello = hello_of_name("other.example");
	const View whole(hello);
	Told told;
	told.flow.open();
	told.flow.client(0, whole.first(200));
	told.flow.server(0, {});
	EXPECT_TRUE(is_settled(told.flow));
	EXPECT_EQ(told.flow.name(), kName);
	told.flow.client(200, whole.subspan(200));
	EXPECT_EQ(told.flow.name(), "other.example");
	EXPECT_EQ(told.flow.later(), kOther);
}

// A flow that has said more than may stand before a hello.
TEST(NameAnswer, behind_what_dns_has_said_ends_the_looking)
{
	const std::ptrdiff_t before = awaiting();
	Told told;
	told.flow.open();
	for (std::size_t at = 0; at <= 2 * FM_HELLO_WINDOW; at += 1000)
		told.flow.client(at, Bytes(1000, 0x41));
	EXPECT_FALSE(is_settled(told.flow));
	told.flow.server(0, text("HTTP/1.1 200 OK"));
	EXPECT_TRUE(is_settled(told.flow));
	EXPECT_EQ(awaiting(), before);
}

// As under ECH: what DNS says of a public name, and the rest of the hello in a second segment.
TEST(NameAnswer, behind_a_hello_by_a_public_name_ends_the_looking)
{
	const std::ptrdiff_t before = awaiting();
	const char *const shown = "public.example";
	const Bytes hello = hello_of_name(shown);
	const View whole(hello);
	Told told(make_name(shown, FM_EVIDENCE_SNI).whole);
	told.flow.open();
	EXPECT_EQ(told.flow.client(0, whole.first(hello.size() - 100)), kNamed);
	told.flow.client(hello.size() - 100, whole.last(100));
	told.flow.client(hello.size(), Bytes(1000, 0x17));
	EXPECT_EQ(told.flow.name(), kName);
	EXPECT_FALSE(is_settled(told.flow));
	told.flow.server(0, {});
	EXPECT_TRUE(is_settled(told.flow));
	EXPECT_EQ(awaiting(), before);
}

// More than both tables take go by, so slowly that no decision is made again.
TEST(NameAnswer, keeps_the_name_of_a_flow_that_nobody_asks_about)
{
	constexpr std::size_t kFlows = 512;
	NamePath path({kName});
	const Bytes hello = hello_of_name(kName);
	std::deque<Conversation> answered, unanswered;
	for (std::size_t i = 0; i < kFlows; i++) {
		for (auto *flows : {&answered, &unanswered}) {
			Conversation &flow = flows->emplace_back(path);
			flow.open();
			ASSERT_EQ(flow.client(0, hello), kNamed);
		}
		answered.back().server(0, {});
	}
	flood_with_strangers(path);
	forget_decisions(path.instance().object());
	std::size_t kept = 0;
	for (Conversation &flow : answered)
		ASSERT_EQ(flow.later(), kNamed);
	for (Conversation &flow : unanswered)
		kept += flow.name().empty() ? 0 : 1;
	EXPECT_LT(kept, kFlows / 2) << "or the flood was none";
}

} // namespace flowmark::test
