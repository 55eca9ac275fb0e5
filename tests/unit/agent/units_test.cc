// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/words.h"
#include "commands/units.h"

namespace flowmark {

TEST(FormatSi, three_digits_and_a_prefix)
{
	EXPECT_EQ(format_si(0, "bit/s"), "0 bit/s");
	EXPECT_EQ(format_si(0.5, "bit/s"), "0.50 bit/s");
	EXPECT_EQ(format_si(950, "B"), "950 B");
	EXPECT_EQ(format_si(999.4, "B"), "999 B");
	EXPECT_EQ(format_si(999.6, "B"), "1.00 kB");
	EXPECT_EQ(format_si(12'345'678, "bit/s"), "12.3 Mbit/s");
	EXPECT_EQ(format_si(999'500'000, "B"), "1.00 GB");
	EXPECT_EQ(format_si(1.8e19, "B"), "18000 PB");
}

TEST(FormatSi, without_a_unit_there_is_no_trailing_blank)
{
	EXPECT_EQ(format_si(12, ""), "12");
	EXPECT_EQ(format_si(1'200, ""), "1.20 k");
}

TEST(FormatDuration, two_largest_units)
{
	EXPECT_EQ(format_duration(-1), "0 s");
	EXPECT_EQ(format_duration(59.9), "59 s");
	EXPECT_EQ(format_duration(60), "1 min 0 s");
	EXPECT_EQ(format_duration(3 * 3600 + 125), "3 h 2 min");
	EXPECT_EQ(format_duration(90'000), "1 d 1 h");
}

TEST(FormatPercent, never_rounds_a_part_to_nothing)
{
	EXPECT_EQ(format_percent(0, 0), "-");
	EXPECT_EQ(format_percent(0, 5), "0%");
	EXPECT_EQ(format_percent(1, 1'000'000), "<0.1%");
	EXPECT_EQ(format_percent(1, 8), "12.5%");
	EXPECT_EQ(format_percent(5, 5), "100%");
}

TEST(Units, an_end_of_a_flow_has_its_port_behind_the_address)
{
	EXPECT_EQ(format_end("192.0.2.1", 443), "192.0.2.1:443");
	EXPECT_EQ(format_end("2001:db8::1", 443), "[2001:db8::1]:443");
	EXPECT_EQ(format_end("2001:db8::1", std::nullopt), "2001:db8::1");
}

TEST(Counted, one_and_many)
{
	EXPECT_EQ(counted(1, "class"), "1 class");
	EXPECT_EQ(counted(0, "class"), "0 classes");
	EXPECT_EQ(counted(2, "set member"), "2 set members");
}

} // namespace flowmark
