// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "config/scalars.h"

namespace flowmark {
namespace {

TEST(ParseNumber, takes_decimal_up_to_its_maximum)
{
	EXPECT_EQ(parse_number("0", 10), 0u);
	EXPECT_EQ(parse_number("10", 10), 10u);
	EXPECT_EQ(parse_number("4294967295", UINT32_MAX), UINT32_MAX);
}

TEST(ParseNumber, refuses_everything_else)
{
	for (const char *text :
	     {"", "11", "-1", "+1", " 1", "1 ", "01", "00", "0x1", "1e1", "1.0", "1_0", "a",
	      "4294967296", "18446744073709551616", "99999999999999999999999999999999"})
		EXPECT_EQ(parse_number(text, 10), std::nullopt) << text;
	EXPECT_EQ(parse_number("4294967296", UINT32_MAX), std::nullopt);
	EXPECT_EQ(parse_number(std::string_view("1\0", 2), 10), std::nullopt);
}

TEST(ParseRange, takes_one_number_or_two)
{
	EXPECT_EQ(parse_range("443", 65535), (Range{443, 443}));
	EXPECT_EQ(parse_range("0", 65535), (Range{0, 0}));
	EXPECT_EQ(parse_range("5060-5061", 65535), (Range{5060, 5061}));
	EXPECT_EQ(parse_range("0-65535", 65535), (Range{0, 65535}));
	EXPECT_EQ(parse_range("7-7", 65535), (Range{7, 7}));
}

TEST(ParseRange, first_above_last_is_refused)
{
	EXPECT_EQ(parse_range("5061-5060", 65535), std::nullopt);
}

TEST(ParseRange, refuses_what_is_no_range)
{
	for (const char *text : {"", "-", "1-", "-1", "1--2", "1-2-3", "1 -2", "1- 2", "1:2",
				 "1..2", "65536", "1-65536", "080", "1-02", "1-2 ", "http"})
		EXPECT_EQ(parse_range(text, 65535), std::nullopt) << text;
	EXPECT_EQ(parse_range("4095", 4094), std::nullopt);
}

TEST(ParsePrefix, reads_ipv4)
{
	EXPECT_EQ(parse_prefix("192.0.2.0/24"), (Prefix{0, 0xc0000200, 24, 4}));
	EXPECT_EQ(parse_prefix("192.0.2.1"), (Prefix{0, 0xc0000201, 32, 4}));
	EXPECT_EQ(parse_prefix("0.0.0.0/0"), (Prefix{0, 0, 0, 4}));
	EXPECT_EQ(parse_prefix("255.255.255.255/32"), (Prefix{0, 0xffffffff, 32, 4}));
	EXPECT_EQ(parse_prefix("128.0.0.0/1"), (Prefix{0, 0x80000000, 1, 4}));
}

TEST(ParsePrefix, reads_ipv6)
{
	EXPECT_EQ(parse_prefix("2001:db8::/32"), (Prefix{0x20010db800000000, 0, 32, 6}));
	EXPECT_EQ(parse_prefix("::1"), (Prefix{0, 1, 128, 6}));
	EXPECT_EQ(parse_prefix("::/0"), (Prefix{0, 0, 0, 6}));
	EXPECT_EQ(parse_prefix("2001:DB8:0:0:8000::/65"),
		  (Prefix{0x20010db800000000, 0x8000000000000000, 65, 6}));
	EXPECT_EQ(parse_prefix("2001:db8::/64"), (Prefix{0x20010db800000000, 0, 64, 6}));
	EXPECT_EQ(parse_prefix("::ffff:192.0.2.1"), (Prefix{0, 0xffffc0000201, 128, 6}));
}

TEST(ParsePrefix, host_bits_are_refused)
{
	for (const char *text :
	     {"192.0.2.1/24", "192.0.2.1/31", "128.0.0.0/0", "10.0.0.0/6", "2001:db8::1/127",
	      "2001:db8::1/64", "2001:db8:1::/32", "8000::/0"})
		EXPECT_EQ(parse_prefix(text), std::nullopt) << text;
}

TEST(ParsePrefix, refuses_what_is_no_prefix)
{
	for (const char *text :
	     {"",
	      "/",
	      "/24",
	      "192.0.2.0/",
	      "192.0.2.0/33",
	      "192.0.2.0/024",
	      "192.0.2.0/24/24",
	      "192.0.2.0/+24",
	      "192.0.2.0/ 24",
	      "192.0.2",
	      "192.0.2.",
	      "192.0.2.0.0",
	      "192.0.2.256",
	      "192.0.02.0",
	      "192..2.0",
	      " 192.0.2.0",
	      "192.0.2.0 ",
	      "0xc0.0.2.0",
	      "2001:db8::/129",
	      "2001:db8::/-1",
	      "2001:db8:::/32",
	      "2001:db8::g",
	      "1:2:3:4:5:6:7",
	      "1:2:3:4:5:6:7:8:9",
	      "fe80::1%eth0",
	      "[::1]",
	      "::1/128/",
	      "12345::",
	      "eth0",
	      "192.0.2.0\\24",
	      "1111:2222:3333:4444:5555:6666:255.255.255.255:1111111111111111111"})
		EXPECT_EQ(parse_prefix(text), std::nullopt) << text;
	EXPECT_EQ(parse_prefix(std::string_view("::1\0", 4)), std::nullopt);
	EXPECT_EQ(parse_prefix(std::string_view("192.0.2.1\0", 10)), std::nullopt);
}

TEST(FormatPrefix, is_what_parse_prefix_reads)
{
	for (const char *text : {"192.0.2.0/24", "0.0.0.0/0", "255.255.255.255/32", "2001:db8::/32",
				 "::/0", "::1/128", "2001:db8:0:1::/64", "fe80::/10"}) {
		const auto prefix = parse_prefix(text);
		ASSERT_TRUE(prefix) << text;
		EXPECT_EQ(format_prefix(*prefix), text);
	}
}

TEST(FormatAddress, writes_both_families)
{
	EXPECT_EQ(format_address(4, 0, 0xc0000201), "192.0.2.1");
	EXPECT_EQ(format_address(4, 0, 0), "0.0.0.0");
	EXPECT_EQ(format_address(6, 0, 0), "::");
	// RFC 5952: the longest run of zeros, the first of two, none of one.
	EXPECT_EQ(format_address(6, 0x20010db800000000, 0x0000000100000001), "2001:db8::1:0:1");
	EXPECT_EQ(format_address(6, 0x20010db800010001, 0x0001000100010000),
		  "2001:db8:1:1:1:1:1:0");
	EXPECT_EQ(format_address(6, 0x20010DB8AAAABBBB, 0xCCCCDDDDEEEEFFFF),
		  "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff");
}

TEST(ParseDscp, knows_numbers_and_names_in_any_case)
{
	EXPECT_EQ(parse_dscp("0"), 0);
	EXPECT_EQ(parse_dscp("63"), 63);
	EXPECT_EQ(parse_dscp("EF"), 46);
	EXPECT_EQ(parse_dscp("ef"), 46);
	EXPECT_EQ(parse_dscp("LE"), 1);
	EXPECT_EQ(parse_dscp("VA"), 44);
	EXPECT_EQ(parse_dscp("nqb"), 45);
	EXPECT_EQ(parse_dscp("BE"), 0);
	EXPECT_EQ(parse_dscp("DF"), 0);
}

TEST(ParseDscp, class_selectors_are_eight_apart)
{
	for (unsigned i = 0; i < 8; i++)
		EXPECT_EQ(parse_dscp("CS" + std::to_string(i)), 8 * i);
}

TEST(ParseDscp, assured_forwarding_is_class_and_drop_precedence)
{
	for (unsigned x = 1; x <= 4; x++) {
		for (unsigned y = 1; y <= 3; y++)
			EXPECT_EQ(parse_dscp("AF" + std::to_string(x) + std::to_string(y)),
				  8 * x + 2 * y);
	}
}

TEST(ParseDscp, refuses_what_is_none)
{
	for (const char *text : {"", "64", "046", "-1", "keep", "AF44", "AF40", "AF51", "CS8", "CS",
				 "E", "EFF", " EF", "0x2e", "46.0"})
		EXPECT_EQ(parse_dscp(text), std::nullopt) << text;
}

TEST(FormatDscp, gives_a_name_that_parses_or_the_number)
{
	for (unsigned dscp = 0; dscp < 64; dscp++)
		EXPECT_EQ(parse_dscp(format_dscp(static_cast<std::uint8_t>(dscp))), dscp);
	EXPECT_EQ(format_dscp(46), "EF");
	EXPECT_EQ(format_dscp(34), "AF41");
	EXPECT_EQ(format_dscp(0), "CS0");
	EXPECT_EQ(format_dscp(63), "63");
	EXPECT_EQ(format_dscp(FM_DSCP_KEEP), "keep");
}

TEST(ParseProtocol, knows_numbers_and_names_in_any_case)
{
	EXPECT_EQ(parse_protocol("tcp"), 6);
	EXPECT_EQ(parse_protocol("UDP"), 17);
	EXPECT_EQ(parse_protocol("icmp"), 1);
	EXPECT_EQ(parse_protocol("icmpv6"), 58);
	EXPECT_EQ(parse_protocol("ipv6-icmp"), 58);
	EXPECT_EQ(parse_protocol("sctp"), 132);
	EXPECT_EQ(parse_protocol("udplite"), 136);
	EXPECT_EQ(parse_protocol("0"), 0);
	EXPECT_EQ(parse_protocol("255"), 255);
}

TEST(ParseProtocol, refuses_what_is_none)
{
	for (const char *text : {"", "256", "06", "-6", "tcpp", "tc", "any", "6 "})
		EXPECT_EQ(parse_protocol(text), std::nullopt) << text;
}

TEST(FormatProtocol, gives_a_name_that_parses_or_the_number)
{
	for (unsigned protocol = 0; protocol < 256; protocol++)
		EXPECT_EQ(parse_protocol(format_protocol(static_cast<std::uint8_t>(protocol))),
			  protocol);
	EXPECT_EQ(format_protocol(6), "tcp");
	EXPECT_EQ(format_protocol(58), "icmpv6");
	EXPECT_EQ(format_protocol(254), "254");
}

} // namespace
} // namespace flowmark
