// SPDX-License-Identifier: Apache-2.0
#include "config/host.h"

#include <gtest/gtest.h>

#include <random>

namespace flowmark {
namespace {

// The one name that `text` stands for, or "" if it is none.
std::string host(std::string_view text)
{
	HostNames names;
	if (!parse_host(text, names)) {
		EXPECT_TRUE(names.empty());
		return "";
	}
	EXPECT_EQ(names.size(), 1u);
	return std::string(names[0]);
}

std::string labels(int count)
{
	std::string name = "a";
	while (--count > 0)
		name += ".a";
	return name;
}

TEST(ParseHost, takes_names_as_they_are)
{
	for (const char *name : {"example.com", "localhost", "_dmarc.example.com", "a_b.example",
				 "192.0.2.1", "r4---sn-5hne6n7s.googlevideo.com", "-a-.example",
				 "xn--bcher-kva.example", "*.example.com", "*.com", "1.2.3"})
		EXPECT_EQ(host(name), name);
}

TEST(ParseHost, makes_lower_case_and_takes_the_last_dot)
{
	EXPECT_EQ(host("Example.COM"), "example.com");
	EXPECT_EQ(host("example.com."), "example.com");
	EXPECT_EQ(host("*.Example.com."), "*.example.com");
	EXPECT_EQ(host("XN--BCHER-KVA.example"), "xn--bcher-kva.example");
}

TEST(ParseHost, makes_a_labels_of_names_in_other_letters)
{
	EXPECT_EQ(host("b\u00fccher.example"), "xn--bcher-kva.example");
	EXPECT_EQ(host("B\u00dcCHER.example."), "xn--bcher-kva.example");
	EXPECT_EQ(host("bu\u0308cher.example"), "xn--bcher-kva.example"); // not composed
	EXPECT_EQ(host("*.b\u00fccher.example"), "*.xn--bcher-kva.example");
	EXPECT_EQ(host("stra\u00dfe.example"), "xn--strae-oqa.example"); // not "strasse"
	EXPECT_EQ(host("\u4f8b\u3048.\u30c6\u30b9\u30c8"), "xn--r8jz45g.xn--zckzah");
	EXPECT_EQ(host("\u4f8b\u3048\u3002\u30c6\u30b9\u30c8\u3002"), "xn--r8jz45g.xn--zckzah");
	EXPECT_EQ(host("_x.b\u00fccher.example"), "_x.xn--bcher-kva.example");
}

TEST(ParseHost, has_the_limits_of_dns)
{
	const std::string label(63, 'a');
	const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
	EXPECT_EQ(longest.size(), 253u);
	EXPECT_EQ(host(longest), longest);
	EXPECT_EQ(host(longest + "."), longest);
	EXPECT_EQ(host("*." + longest), "*." + longest);
	EXPECT_EQ(host(longest + "b"), "");
	EXPECT_EQ(host(label + "a.com"), "");
	EXPECT_EQ(host(labels(127)), labels(127));
	EXPECT_EQ(host(labels(128)), "");
	EXPECT_EQ(host("*." + labels(16)), "*." + labels(16));
	EXPECT_EQ(host("*." + labels(17)), "");
}

TEST(ParseHost, refuses_what_is_none)
{
	using namespace std::string_view_literals;
	for (const std::string_view text : {""sv,
					    "."sv,
					    ".."sv,
					    "*"sv,
					    "*."sv,
					    "*.."sv,
					    ".example.com"sv,
					    "example..com"sv,
					    "example.com.."sv,
					    "*.*.com"sv,
					    "*a.com"sv,
					    "a.*.com"sv,
					    "a.*"sv,
					    "*.*"sv,
					    "a b"sv,
					    "a.com "sv,
					    " a.com"sv,
					    "a\tb"sv,
					    "a\0b"sv,
					    "a/b"sv,
					    "a:443"sv,
					    "[2001:db8::1]"sv,
					    "http://a.test"sv,
					    "a@b"sv,
					    "b\u00fc cher.example"sv,
					    "b\u00fc\0cher.example"sv,
					    "b\u00fc*.example"sv,
					    "\u2100.example"sv,
					    "\xff\xfe"sv,
					    "a\xff.example"sv,
					    "\u00fc..example"sv,
					    "\u202eexample.com"sv})
		EXPECT_EQ(host(text), "") << text;
}

TEST(ExpectedHost, names_the_reason)
{
	const auto says = [](const std::string &text, const char *part) {
		return expected_host(text).find(part) != std::string::npos;
	};
	EXPECT_TRUE(says("", "a host name such as example.com"));
	EXPECT_TRUE(says("*", "'*' only as the whole first label"));
	EXPECT_TRUE(says("a.*.b", "'*' only as the whole first label"));
	EXPECT_TRUE(says("a..b", "without empty labels"));
	EXPECT_TRUE(says("a b", "letters, digits, '-', '_'"));
	EXPECT_TRUE(says(std::string(64, 'a'), "labels of at most 63 bytes"));
	EXPECT_TRUE(says(labels(128), "at most 253 bytes"));
	EXPECT_TRUE(says("*." + labels(17), "at most 16 labels after '*.'"));
	EXPECT_TRUE(says("\u202ea.com", "a name that can be registered ("));
}

// Whatever is taken is normal: taking it again changes nothing.
TEST(ParseHost, is_done_after_once)
{
	constexpr std::string_view kPieces[] = {"a",	  "B",	    ".",      "*.",	"-",
						"_",	  "1",	    "\u00fc", "\u00df", "\u3002",
						"\u0308", "\u4f8b", "xn--",   " ",	"\xff"};
	std::mt19937 random(20261123);
	std::size_t taken = 0;
	for (int i = 0; i < 50000; i++) {
		std::string text;
		for (auto n = random() % 8 + 1; n > 0; n--)
			text += kPieces[random() % std::size(kPieces)];
		const std::string once = host(text);
		if (once.empty()) {
			ASSERT_NE(expected_host(text), "") << text;
			continue;
		}
		ASSERT_EQ(host(once), once) << text;
		taken++;
	}
	EXPECT_GT(taken, 1000u);
}

TEST(HostNames, keep_their_order_and_forget_the_last)
{
	HostNames names;
	EXPECT_TRUE(names.empty());
	for (const char *name : {"a", "", "bcd", "a"})
		names.add(name);
	names.remove_last();
	EXPECT_EQ(names.list(), (std::vector<std::string_view>{"a", "", "bcd"}));
	EXPECT_EQ(names[2], "bcd");
}

} // namespace
} // namespace flowmark
