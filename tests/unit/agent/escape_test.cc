// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/escape.h"

namespace flowmark {

TEST(DistinctPrintable, an_escape_and_its_spelling_stay_different)
{
	EXPECT_EQ(distinct_printable("eth0"), "eth0");
	EXPECT_EQ(distinct_printable("\x1b[2J"), "\\x1b[2J");
	EXPECT_EQ(distinct_printable("\\x1b[2J"), "\\\\x1b[2J");
}

TEST(JsonQuote, quotes_controls_and_broken_utf8)
{
	EXPECT_EQ(json_quote("plain ü"), "\"plain ü\"");
	EXPECT_EQ(json_quote("a\"b\\c"), "\"a\\\"b\\\\c\"");
	EXPECT_EQ(json_quote("a\nb\x7f"), "\"a\\u000ab\\u007f\"");
	EXPECT_EQ(json_quote("a\xff"), "\"a\xef\xbf\xbd\"");
	EXPECT_EQ(json_quote("\xe2\x80\xae"), "\"\\u202e\"");
}

TEST(DisplayWidth, counts_code_points_and_stray_bytes)
{
	EXPECT_EQ(display_width(""), 0u);
	EXPECT_EQ(display_width("grün"), 4u);
	EXPECT_EQ(display_width("a\xff\xfe"), 3u);
}

} // namespace flowmark
