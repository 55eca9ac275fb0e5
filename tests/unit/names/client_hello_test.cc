// SPDX-License-Identifier: Apache-2.0
#include "names/client_hello.h"

#include <gtest/gtest.h>

#include "names/initials.h"

namespace flowmark::test {
namespace {

ClientHello read_name(std::string_view name)
{
	return read_client_hello(hello_of(extension(0, server_name_body(name))));
}

TEST(ReadClientHello, name_wherever_its_extension_stands)
{
	for (const std::size_t before : {0, 1, 1400, 8000})
		for (const std::size_t behind : {0, 1, 1400}) {
			const ClientHello hello = read_client_hello(
				make_hello({.before = before, .behind = behind}));
			EXPECT_EQ(hello.state, HelloState::name);
			EXPECT_EQ(hello.name, "www.example.com");
			EXPECT_FALSE(hello.ech);
		}
}

TEST(ReadClientHello, every_start_of_it_gives_the_name_or_asks_for_more)
{
	const Bytes hello = make_hello({.before = 100, .behind = 100, .ech_behind = true});
	bool found = false;
	for (std::size_t size = 0; size <= hello.size(); size++) {
		const ClientHello read = read_client_hello(View(hello).first(size));
		if (read.state == HelloState::name)
			found = true;
		EXPECT_EQ(read.state, found ? HelloState::name : HelloState::need_more) << size;
		EXPECT_EQ(read.name, found ? "www.example.com" : "");
	}
	EXPECT_TRUE(found);
}

TEST(ReadClientHello, every_start_of_a_nameless_one_asks_for_more)
{
	const Bytes hello = make_hello({.name = "", .before = 50});
	for (std::size_t size = 0; size < hello.size(); size++)
		EXPECT_EQ(read_client_hello(View(hello).first(size)).state, HelloState::need_more)
			<< size;
	EXPECT_EQ(read_client_hello(hello).state, HelloState::no_name);
}

TEST(ReadClientHello, without_extensions_there_is_no_name)
{
	Bytes hello = hello_of({});
	hello.resize(hello.size() - 2);
	hello[3] = static_cast<std::uint8_t>(hello[3] - 2);
	EXPECT_EQ(read_client_hello(hello).state, HelloState::no_name);
	EXPECT_EQ(read_client_hello(hello_of({})).state, HelloState::no_name);
}

TEST(ReadClientHello, names_are_lower_case_and_without_the_last_dot)
{
	EXPECT_EQ(read_name("WwW.Example.COM").name, "www.example.com");
	EXPECT_EQ(read_name("example.com.").name, "example.com");
	EXPECT_EQ(read_name("example.com..").name, "example.com.");
	EXPECT_EQ(read_name("_a-b.xn--Bcher-kva.example").name, "_a-b.xn--bcher-kva.example");
	EXPECT_EQ(read_name("192.0.2.1").name, "192.0.2.1");
	EXPECT_EQ(read_name(std::string(255, 'a')).name, std::string(255, 'a'));
}

TEST(ReadClientHello, what_is_no_printable_name_is_malformed)
{
	for (const std::string &name :
	     {std::string(), std::string("."), std::string(256, 'a'), std::string("a b"),
	      std::string("a\0b", 3), std::string("a\x7f"), std::string("b\xc3\xbc"),
	      std::string("a\n")}) {
		const ClientHello hello = read_name(name);
		EXPECT_EQ(hello.state, HelloState::malformed) << name;
		EXPECT_EQ(hello.name, "");
	}
}

TEST(ReadClientHello, first_host_name_of_a_list_counts)
{
	// One of an unknown type, then two host names.
	const Bytes list = from_hex("0010"
				    "070002"
				    "4142"
				    "000001"
				    "63"
				    "000001"
				    "64"
				    "090000");
	const ClientHello hello = read_client_hello(hello_of(extension(0, list)));
	EXPECT_EQ(hello.state, HelloState::name);
	EXPECT_EQ(hello.name, "c");
	const Bytes other = from_hex("0004"
				     "070001"
				     "41");
	EXPECT_EQ(read_client_hello(hello_of(extension(0, other))).state, HelloState::no_name);
}

TEST(ReadClientHello, encrypted_hello_is_noticed_on_either_side_of_the_name)
{
	EXPECT_TRUE(read_client_hello(make_hello({.ech_before = true})).ech);
	EXPECT_TRUE(read_client_hello(make_hello({.behind = 9, .ech_behind = true})).ech);
	EXPECT_TRUE(read_client_hello(make_hello({.name = "", .ech_behind = true})).ech);
	EXPECT_FALSE(read_client_hello(make_hello({})).ech);
}

// Every length in the message, one too small and one too large.
TEST(ReadClientHello, lengths_that_contradict_each_other_give_no_name)
{
	const Bytes hello = make_hello({.name = "example.com"});
	const std::size_t name = hello.size() - 11;
	ASSERT_EQ(hello[name], 'e');
	// Suites, all extensions, the extension, the list, the name.
	for (const std::size_t at : {std::size_t{40}, name - 10, name - 6, name - 4, name - 1})
		for (const int change : {-1, 1}) {
			Bytes broken = hello;
			broken[at] = static_cast<std::uint8_t>(broken[at] + change);
			EXPECT_EQ(read_client_hello(broken).name, "") << at << ' ' << change;
			EXPECT_NE(read_client_hello(broken).state, HelloState::name);
		}
}

TEST(ReadClientHello, other_messages_are_malformed_at_once)
{
	EXPECT_EQ(read_client_hello(from_hex("02")).state, HelloState::malformed);
	EXPECT_EQ(read_client_hello(from_hex("010000000a")).state, HelloState::malformed);
	EXPECT_EQ(read_client_hello(from_hex("010000ff0203")).state, HelloState::malformed);
	EXPECT_EQ(read_client_hello({}).state, HelloState::need_more);
}

} // namespace
} // namespace flowmark::test
