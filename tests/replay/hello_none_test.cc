// SPDX-License-Identifier: Apache-2.0
// Where there is no name, none is found: in a hello without one, in one that is broken,
// in what only begins like one. And what has said enough is not looked at any more.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include <fmt/format.h>

#include "replay/conversation.h"

namespace flowmark::test {

namespace {

const char *const kName = "www.example.com";

NamePath &path()
{
	static NamePath loaded({kName});
	return loaded;
}

// How often each event came since this was made.
class Events {
      public:
	std::uint64_t operator[](fm_name_event event) const
	{
		return path().events()[event] - before_[event];
	}

      private:
	NameEvents before_ = path().events();
};

void expect_none(Conversation &flow, const std::string &what = "")
{
	EXPECT_EQ(flow.name(), "") << what;
	EXPECT_EQ(flow.later(), 0) << what;
}

Bytes hello_with(std::uint16_t type, View body)
{
	const Bytes filler(20, 7);
	return in_records(hello_of(
		joined({extension(0x33, filler), extension(type, body), extension(0x2b, filler)})));
}

// A whole hello on the flow is not noticed: its packets are plain hits by now.
void expect_not_looked_at(Conversation &flow, std::size_t offset)
{
	flow.client(offset, hello_of_name(kName));
	expect_none(flow);
}

Bytes lower(Bytes bytes)
{
	for (std::uint8_t &byte : bytes)
		byte = static_cast<std::uint8_t>(std::tolower(byte));
	return bytes;
}

bool holds(const Bytes &bytes, const std::string &name)
{
	return std::search(bytes.begin(), bytes.end(), name.begin(), name.end()) != bytes.end();
}

} // namespace

TEST(HelloNone, a_hello_without_a_name)
{
	for (const Bytes &hello :
	     {hello_of_name(""), in_records(hello_of({})), hello_with(0, {}),
	      hello_with(0, server_name_body("")), hello_with(0, from_hex("0006010003666f6f"))}) {
		const Events events;
		Conversation flow(path());
		flow.open();
		flow.client(0, hello);
		expect_none(flow);
		EXPECT_EQ(events[FM_NAME_EVENT_NO_SNI], 1U);
		EXPECT_EQ(events[FM_NAME_EVENT_BAD_HELLO], 0U);
	}
}

// TLS 1.0 and SSL 3 may end before the extensions.
TEST(HelloNone, a_hello_without_extensions_at_all)
{
	Bytes message = hello_of({});
	message.resize(message.size() - 2);
	message[3] = static_cast<std::uint8_t>(message[3] - 2);
	const Events events;
	Conversation flow(path());
	flow.client(0, in_records(message));
	expect_none(flow);
	EXPECT_EQ(events[FM_NAME_EVENT_NO_SNI], 1U);
}

TEST(HelloNone, bytes_that_no_name_holds)
{
	for (const char byte : {'\0', ' ', '\t', '\n', '\x1f', '\x7f', '\x80', '\xff'})
		for (const std::size_t at : {0, 3, 14}) {
			std::string name = kName;
			name[at] = byte;
			const Events events;
			Conversation flow(path());
			flow.open();
			flow.client(0, hello_of_name(name));
			expect_none(flow, fmt::format("{:#x} at {}", byte, at));
			EXPECT_EQ(events[FM_NAME_EVENT_BAD_HELLO], 1U);
		}
}

TEST(HelloNone, the_longest_name_and_a_longer_one)
{
	const std::string longest(FM_NAME_BYTES, 'a');
	Conversation flow(path()), other(path());
	flow.client(0, hello_of_name(longest));
	EXPECT_EQ(flow.name(), longest);
	other.client(0, hello_of_name(longest + "a"));
	expect_none(other);
}

TEST(HelloNone, a_name_is_kept_in_lower_case_and_without_its_dot)
{
	Conversation flow(path());
	EXPECT_EQ(flow.client(0, hello_of_name("WWW.Example.COM.")), kNamed);
	EXPECT_EQ(flow.name(), kName);
}

TEST(HelloNone, lengths_that_contradict_each_other)
{
	const Bytes body = server_name_body(kName);
	const auto changed = [&](std::size_t at, int by) {
		Bytes bytes = body;
		bytes[at] = static_cast<std::uint8_t>(bytes[at] + by);
		return hello_with(0, bytes);
	};
	// The name is longer than its extension, or its list ends before it.
	const Bytes broken[] = {changed(4, 1), changed(4, 100), changed(3, 1),
				hello_with(0, from_hex("0000")),
				hello_with(0, from_hex("000400000d"))};
	for (const Bytes &hello : broken) {
		Conversation flow(path());
		flow.client(0, hello);
		expect_none(flow);
	}
	// An extension is longer than all of them, they longer than the hello.
	const Bytes good = hello_with(0, body);
	const std::size_t session = 5 + 4 + 2 + 32, extensions = session + 1 + 8 + 2;
	for (const std::size_t at : {session, session + 1, extensions, extensions + 4}) {
		Bytes hello = good;
		hello[at] = 0xff;
		Conversation flow(path());
		flow.client(0, hello);
		expect_none(flow, fmt::format("byte {}", at));
	}
	// The message is shorter than what it holds.
	for (std::uint8_t size = 0; size < 80; size++) {
		Bytes hello = good;
		hello[5 + 3] = size;
		Conversation flow(path());
		flow.client(0, hello);
		expect_none(flow, fmt::format("size {}", size));
	}
}

TEST(HelloNone, a_name_that_begins_behind_8_KiB)
{
	const Bytes hello = in_records(make_hello({.name = kName, .before = 9000}));
	const Events events;
	Conversation flow(path());
	flow.open();
	for (std::size_t at = 0; at < hello.size(); at += 1400) {
		const std::size_t size = std::min<std::size_t>(1400, hello.size() - at);
		EXPECT_EQ(flow.client(at, View(hello).subspan(at, size)), 0);
	}
	expect_none(flow);
	EXPECT_EQ(events[FM_NAME_EVENT_LONG_HELLO], 1U);
	expect_not_looked_at(flow, hello.size());
}

TEST(HelloNone, a_hello_whose_rest_never_comes)
{
	const Bytes hello = hello_of_name(kName);
	const Events events;
	Conversation flow(path());
	flow.open();
	flow.client(0, View(hello).first(100));
	for (std::size_t at = 400; at < 2 * FM_HELLO_WINDOW + 1400; at += 1400)
		flow.client(at, Bytes(1400, 'x'));
	expect_none(flow);
	EXPECT_EQ(events[FM_NAME_EVENT_INCOMPLETE], 1U);
	expect_not_looked_at(flow, 30000);
}

TEST(HelloNone, text_that_goes_on_and_on)
{
	for (const bool from_server : {false, true}) {
		const Events events;
		Conversation flow(path());
		flow.open();
		flow.client(0, text("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"));
		for (std::size_t at = 0; at < 20480; at += 1024)
			from_server ? flow.server(at, Bytes(1024, 'a'))
				    : flow.client(40 + at, Bytes(1024, 'a'));
		EXPECT_EQ(events[FM_NAME_EVENT_GIVEN_UP], 1U);
		expect_not_looked_at(flow, 20520);
	}
}

TEST(HelloNone, the_servers_hello)
{
	Bytes hello = make_hello({.name = kName});
	hello[0] = 2;
	const Bytes record = in_records(hello);
	for (const bool from_server : {false, true})
		for (const std::size_t cut : {0UL, 1UL, 4UL, 5UL, 6UL, 50UL}) {
			Conversation flow(path());
			flow.open();
			for (const View part :
			     {View(record).first(cut), View(record).subspan(cut)}) {
				const std::size_t at = part.size() == cut ? 0 : cut;
				if (!part.empty())
					from_server ? flow.server(at, part) : flow.client(at, part);
			}
			expect_none(flow);
		}
}

TEST(HelloNone, noise_that_begins_like_a_record)
{
	std::minstd_rand random(2);
	for (unsigned run = 0; run < 3000; run++) {
		Bytes noise = {0x16, 3, 1};
		noise.resize(10 + random() % 1000);
		std::generate(noise.begin() + 3, noise.end(),
			      [&] { return static_cast<std::uint8_t>(random() >> 8); });
		if (run % 2 == 0) { // and like a hello in it
			const Bytes head = in_records(make_hello({.name = kName}));
			std::copy_n(head.begin(), 10, noise.begin());
		}
		Conversation flow(path());
		flow.client(0, noise);
		ASSERT_EQ(flow.name(), "") << "run " << run;
	}
}

TEST(HelloNone, half_hellos_take_buffers_and_nothing_else)
{
	const Bytes hello = hello_of_name(kName);
	const View whole(hello);
	const Events events;
	FrameSpec attacker = path().fresh();
	for (std::uint16_t port = 0; port < 5000; port++) {
		attacker.source.port = static_cast<std::uint16_t>(20000 + port);
		Conversation(path(), attacker).client(0, whole.first(300));
	}
	EXPECT_GE(events[FM_NAME_EVENT_NO_BUFFER], 5000U - FM_HELLO_BUFFERS);
	EXPECT_LE(events[FM_NAME_EVENT_NO_BUFFER], 5000U - FM_HELLO_BUFFERS / 2);

	FrameSpec ends = attacker;
	for (std::uint16_t port = 0; port < 500; port++) {
		ends.source.port = static_cast<std::uint16_t>(30000 + port);
		Conversation flow(path(), ends);
		flow.open();
		ASSERT_EQ(flow.client(0, whole), kNamed) << port;
	}
	path().pass(2001); // then the buffers are anybody's
	for (std::uint16_t port = 0; port < 500; port++) {
		ends.source.port = static_cast<std::uint16_t>(40000 + port);
		Conversation flow(path(), ends);
		flow.client(0, whole.first(300));
		ASSERT_EQ(flow.client(300, whole.subspan(300)), kNamed) << port;
	}
}

// Whatever is done to a hello: a name that is found was said.
TEST(HelloNone, changed_hellos_have_no_name_that_they_do_not_say)
{
	std::minstd_rand random(3);
	const auto below = [&](std::size_t end) { return random() / 7 % end; };
	const Bytes seeds[] = {
		hello_of_name(kName),
		in_records(make_hello({.name = "a.example", .ech_behind = true})),
		in_records(make_hello({.name = "www.example.net", .before = 40})),
		hello_of_name(std::string(200, 'b')),
		in_records(
			hello_of(joined({extension(0x10, from_hex("000c02683208687474702f312e31")),
					 extension(0, server_name_body("cdn.example.org"))}))),
	};
	const std::uint8_t telling[] = {0, 1, 2, 3, 0x16, 0x7f, 0x80, 0xff, '.', ' '};
	const auto change = [&](Bytes &bytes) {
		const std::size_t at = below(bytes.size());
		switch (below(6)) {
		case 0:
			bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1U << below(8));
			break;
		case 1:
			bytes[at] = telling[below(sizeof(telling))];
			break;
		case 2:
			bytes[at] = static_cast<std::uint8_t>(bytes[at] + below(9) - 4);
			break;
		case 3:
			bytes.insert(bytes.begin() + static_cast<long>(at),
				     telling[below(sizeof(telling))]);
			break;
		case 4:
			if (bytes.size() > 1)
				bytes.erase(bytes.begin() + static_cast<long>(at));
			break;
		default: // the lengths are mostly early
			bytes[below(std::min<std::size_t>(bytes.size(), 70))] =
				telling[below(sizeof(telling))];
		}
	};
	unsigned named = 0;
	for (unsigned run = 0; run < 200'000; run++) {
		Bytes bytes = seeds[below(std::size(seeds))];
		for (std::size_t changes = 1 + below(4); changes > 0; changes--)
			change(bytes);
		Conversation flow(path());
		if (run % 4 == 0) {
			const std::size_t cut = below(bytes.size());
			flow.client(0, View(bytes).first(cut));
			flow.client(cut, View(bytes).subspan(cut));
		} else {
			flow.client(0, bytes);
		}
		const std::string name = flow.name();
		named += !name.empty();
		ASSERT_TRUE(name.empty() || holds(lower(bytes), name)) << run << ": " << name;
	}
	EXPECT_GT(named, 50'000U); // the changes leave something to find
}

} // namespace flowmark::test
