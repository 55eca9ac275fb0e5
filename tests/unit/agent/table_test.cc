// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "commands/table.h"

namespace flowmark {

namespace {

using Align = Column::Align;

} // namespace

TEST(Table, columns_are_aligned_and_lines_have_no_trailing_blanks)
{
	Table table({{"NAME"}, {"N", Align::right}, {"NOTE"}});
	table.add({"grün", "7", ""});
	table.add({"a", "1234", "x"});
	EXPECT_EQ(table.render({}), "NAME     N  NOTE\n"
				    "grün     7\n"
				    "a     1234  x\n");
}

TEST(Table, a_column_without_text_is_left_out)
{
	Table table({{"A"}, {"VLAN"}, {"B"}});
	table.add({"1", "", "2"});
	EXPECT_EQ(table.render({}), "A  B\n1  2\n");
}

TEST(Table, without_rows_there_is_nothing)
{
	EXPECT_EQ(Table({{"A"}}).render({}), "");
}

TEST(Table, a_cell_cannot_speak_to_the_terminal)
{
	Table table({{"A"}, {"B"}});
	table.add({"\x1b[2J\n", "x"});
	EXPECT_EQ(table.render({}), "A          B\n\\x1b[2J\\n  x\n");
}

TEST(Table, tones_show_only_with_colour)
{
	Table table({{"A"}});
	table.add({"x"}, Table::Tone::dim);
	EXPECT_EQ(table.render({}), "A\nx\n");
	EXPECT_EQ(table.render({.colour = true}), "\x1b[1mA\x1b[0m\n\x1b[2mx\x1b[0m\n");
}

} // namespace flowmark
