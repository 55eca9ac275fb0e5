// SPDX-License-Identifier: Apache-2.0
#include "config/text.h"

#include <array>

#include <gtest/gtest.h>

#include "config/loader.h"
#include "config/utf8.h"

namespace flowmark {
namespace {

TEST(Printable, keeps_text)
{
	EXPECT_EQ(printable("a 'b' \\ größe 漢字 😀"), "a 'b' \\ größe 漢字 😀");
}

TEST(Printable, escapes_what_a_terminal_acts_upon)
{
	EXPECT_EQ(printable("\x1b[31m\a\n\r\t\x7f"), "\\x1b[31m\\x07\\n\\r\\t\\x7f");
	EXPECT_EQ(printable(std::string_view("\0a", 2)), "\\x00a");
	EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");
	EXPECT_EQ(printable("\xe2\x80\xae"), "\\u{202e}");
}

TEST(Printable, escapes_what_is_not_utf8)
{
	EXPECT_EQ(printable("\xff"), "\\xff");
	EXPECT_EQ(printable("a\xc3"), "a\\xc3");
	EXPECT_EQ(printable("\xc0\x80"), "\\xc0\\x80");
	EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

TEST(DecodeUtf8, every_code_point_comes_back)
{
	EXPECT_EQ(decode_utf8("\x7f", 0).code, U'\x7f');
	EXPECT_EQ(decode_utf8("\xc2\x80", 0).code, U'\x80');
	EXPECT_EQ(decode_utf8("\xdf\xbf", 0).code, U'\x7ff');
	EXPECT_EQ(decode_utf8("\xe0\xa0\x80", 0).code, U'\x800');
	EXPECT_EQ(decode_utf8("\xef\xbf\xbf", 0).code, U'\xffff');
	EXPECT_EQ(decode_utf8("\xf0\x90\x80\x80", 0).code, U'\x10000');
	EXPECT_EQ(decode_utf8("\xf4\x8f\xbf\xbf", 0).code, U'\x10ffff');
}

TEST(DecodeUtf8, refuses_overlong_and_out_of_range)
{
	for (const char *bytes :
	     {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
	      "\xf5\x80\x80\x80", "\xfe", "\xe2\x82", "\xe2\x28\xa1"})
		EXPECT_EQ(decode_utf8(bytes, 0).length, 0u) << printable(bytes);
}

TEST(Quote, cuts_long_texts)
{
	EXPECT_EQ(quote(std::string(40, 'x')), "'" + std::string(40, 'x') + "'");
	EXPECT_EQ(quote(std::string(41, 'x')), "'" + std::string(40, 'x') + "...'");
	EXPECT_EQ(quote(std::string(39, 'x') + "ößx"), "'" + std::string(39, 'x') + "ö...'");
	EXPECT_EQ(quote(""), "''");
}

TEST(DidYouMean, names_the_nearest)
{
	constexpr std::array<std::string_view, 3> known = {"class", "port", "protocol"};
	EXPECT_EQ(did_you_mean("clas", known), " (did you mean 'class'?)");
	EXPECT_EQ(did_you_mean("CLASS", known), " (did you mean 'class'?)");
	EXPECT_EQ(did_you_mean("prot", known), " (did you mean 'port'?)");
	EXPECT_EQ(did_you_mean("protocoll", known), " (did you mean 'protocol'?)");
	EXPECT_EQ(did_you_mean("xyz", known), "");
	EXPECT_EQ(did_you_mean("", known), "");
	EXPECT_EQ(did_you_mean(std::string(100000, 'c'), known), "");
	EXPECT_EQ(did_you_mean("class", {}), "");
}

TEST(DidYouMean, never_guesses_a_name_that_shares_nothing)
{
	constexpr std::array<std::string_view, 2> known = {"a", "b"};
	EXPECT_EQ(did_you_mean("x", known), "");
}

TEST(Diagnostic, is_one_line_with_what_is_known_of_its_place)
{
	using enum Diagnostic::Severity;
	EXPECT_EQ((Diagnostic{error, "a.yaml", 3, 5, "found X, expected Y"}).format(),
		  "a.yaml:3:5: error: found X, expected Y");
	EXPECT_EQ((Diagnostic{warning, "a.yaml", 3, 0, "found X"}).format(),
		  "a.yaml:3: warning: found X");
	EXPECT_EQ((Diagnostic{error, "a\n\x1b", 0, 0, "found X"}).format(),
		  "a\\n\\x1b: error: found X");
}

} // namespace
} // namespace flowmark
