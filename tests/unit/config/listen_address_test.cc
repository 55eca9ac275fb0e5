// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "config/listen_address.h"

namespace flowmark {

TEST(ParseListenAddress, both_families)
{
	auto v4 = parse_listen_address("127.0.0.1:19735");
	ASSERT_TRUE(v4.ok());
	EXPECT_EQ(v4->address, "127.0.0.1");
	EXPECT_EQ(v4->port, 19735);
	EXPECT_EQ(v4->format(), "127.0.0.1:19735");
	auto v6 = parse_listen_address("[0:0::1]:80");
	ASSERT_TRUE(v6.ok());
	EXPECT_EQ(v6->format(), "[::1]:80");
}

TEST(ParseListenAddress, what_is_no_address_and_port_is_refused)
{
	for (const char *text :
	     {"", ":", "19735", ":19735", "127.0.0.1", "127.0.0.1:", "localhost:1",
	      "127.0.0.1:65536", "127.0.0.1:+1", "::1:80", "[::1]", "[]:1", "[:1", "[127.0.0.1]:1",
	      "127.0.0.1:1 ", " 127.0.0.1:1"})
		EXPECT_FALSE(parse_listen_address(text).ok()) << text;
}

TEST(ParseListenAddress, only_loopback_is_loopback)
{
	for (const char *text : {"127.0.0.1:1", "127.8.9.10:1", "[::1]:1"})
		EXPECT_TRUE(parse_listen_address(text)->is_loopback()) << text;
	for (const char *text : {"0.0.0.0:1", "192.0.2.1:1", "[::]:1", "[2001:db8::1]:1"})
		EXPECT_FALSE(parse_listen_address(text)->is_loopback()) << text;
}

TEST(CheckMetricsSetting, knows_off)
{
	EXPECT_TRUE(check_metrics_setting("off").ok());
	EXPECT_TRUE(check_metrics_setting("127.0.0.1:0").ok());
	EXPECT_FALSE(check_metrics_setting("on").ok());
}

} // namespace flowmark
