// SPDX-License-Identifier: Apache-2.0
// At each limit of include/flowmark/limits.h, and one past it.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "config/loader.h"
#include "temp_folder.h"

namespace flowmark {
namespace {

std::string repeat(std::uint32_t count, const char *format)
{
	std::string out;
	for (std::uint32_t i = 0; i < count; i++)
		out += fmt::format(fmt::runtime(format), i);
	return out;
}

std::string errors_of(const LoadResult &result)
{
	std::string out;
	for (const Diagnostic &diagnostic : result.diagnostics) {
		if (diagnostic.severity == Diagnostic::Severity::error)
			out += fmt::format("{}:{}: {}\n", diagnostic.line, diagnostic.column,
					   diagnostic.text);
	}
	return out;
}

std::string errors_of(const std::string &text)
{
	const TempFolder folder;
	return errors_of(load_config(folder.write("f.yaml", text)));
}

TEST(Limits, rules)
{
	const char *rule = "  - {{ class: default, port: {} }}\n";
	EXPECT_EQ(errors_of("rules:\n" + repeat(1024, rule)), "");
	EXPECT_EQ(errors_of("rules:\n" + repeat(1025, rule)),
		  "1026:5: found rule number 1025, expected at most 1024\n");
	EXPECT_EQ(errors_of("rules:\n" + repeat(1500, rule)),
		  "1026:5: found rule number 1025, expected at most 1024\n");
}

TEST(Limits, rules_over_all_files)
{
	const TempFolder folder;
	const char *rule = "  - {{ class: default, port: {} }}\n";
	folder.write("f.d/more.yaml", "rules:\n" + repeat(425, rule));
	const LoadResult result = load_config(
		folder.write("f.yaml", "rules:\n" + repeat(600, rule)));
	ASSERT_EQ(errors_of(result), "426:5: found rule number 1025, expected at most 1024\n");
	EXPECT_EQ(result.diagnostics[0].file, folder.path("f.d/more.yaml"));
}

TEST(Limits, classes)
{
	const char *one = "  - {{ name: c{}, dscp: EF }}\n";
	EXPECT_EQ(errors_of("default: c0\nclasses:\n" + repeat(64, one)), "");
	EXPECT_EQ(errors_of("default: c0\nclasses:\n" + repeat(65, one)),
		  "67:5: found class number 65, expected at most 64\n");
}

TEST(Limits, classes_with_the_implicit_one)
{
	const char *one = "  - {{ name: c{}, dscp: EF }}\n";
	EXPECT_EQ(errors_of("classes:\n" + repeat(63, one)), "");
	EXPECT_EQ(
		errors_of("classes:\n" + repeat(64, one)),
		"0:0: found 64 classes and no 'default', expected one of them to be the default\n");
}

TEST(Limits, interfaces)
{
	const char *one = "  - {{ name: eth{} }}\n";
	EXPECT_EQ(errors_of("interfaces:\n" + repeat(64, one)), "");
	EXPECT_EQ(errors_of("interfaces:\n" + repeat(66, one)),
		  "66:5: found interface number 65, expected at most 64\n");
}

// Two files and a list; the last member that fits is the last of the second file.
TEST(Limits, set_members_over_all_sets)
{
	const TempFolder folder;
	folder.write("ports.txt", repeat(400000, "443\n"));
	folder.write("prefixes.txt", repeat(599998, "192.0.2.1\n"));
	const std::string sets = "sets:\n"
				 "  a: { ports_file: ports.txt, ports: [80, 81] }\n"
				 "  b: { prefixes_file: prefixes.txt }\n";
	const LoadResult full = load_config(folder.write("full.yaml", sets));
	EXPECT_EQ(errors_of(full), "");
	ASSERT_TRUE(full.config);
	EXPECT_EQ(full.config->set_members(), FM_MAX_SET_MEMBERS);

	EXPECT_EQ(errors_of(load_config(
			  folder.write("over.yaml", sets + "  c: { ports: [1, 2] }\n"))),
		  "4:16: found member number 1000001 of all sets together, expected at most "
		  "1000000\n");
}

TEST(Limits, names_are_members_too)
{
	const TempFolder folder;
	folder.write("hosts.txt", repeat(999999, "n{}.example\n"));
	const std::string sets = "sets:\n  a: { hosts_file: hosts.txt, hosts: \"*.example\" }\n";
	const LoadResult full = load_config(folder.write("full.yaml", sets));
	EXPECT_EQ(errors_of(full), "");
	ASSERT_TRUE(full.config);
	EXPECT_EQ(full.config->sets[0].hosts.size(), FM_MAX_SET_MEMBERS);
	EXPECT_EQ(full.config->sets[0].hosts[FM_MAX_SET_MEMBERS - 1], "n999998.example");

	const LoadResult over = load_config(
		folder.write("over.yaml", sets + "  b: { hosts: [b.example, c.example] }\n"));
	EXPECT_EQ(errors_of(over), "3:16: found member number 1000001 of all sets together, "
				   "expected at most 1000000\n");
}

TEST(Limits, set_members_of_one_file)
{
	const TempFolder folder;
	folder.write("ports.txt", repeat(1000003, "443\n"));
	const LoadResult result = load_config(
		folder.write("f.yaml", "sets: { a: { ports_file: ports.txt } }\n"));
	EXPECT_EQ(errors_of(result),
		  "1000001:1: found member number 1000001 of all sets together, expected at most "
		  "1000000\n");
	EXPECT_EQ(result.diagnostics[0].file, folder.path("ports.txt"));
}

TEST(Limits, deep_nesting_is_an_error)
{
	for (const char *open : {"[", "{", "[{", "- ", "? ", "{a: ", "a:\n "}) {
		std::string text;
		for (int i = 0; i < 20000; i++)
			text += open;
		EXPECT_NE(errors_of(text), "") << open;
	}
	EXPECT_EQ(
		errors_of("rules: " + std::string(600, '[')),
		"1:257: found lists or mappings in each other some 250 deep, expected a policy\n");
}

TEST(Limits, a_wide_policy_is_not_deep)
{
	EXPECT_EQ(
		errors_of("rules:\n  - { class: default, port: [" + repeat(5000, "{}, ") + "] }\n"),
		"");
}

} // namespace
} // namespace flowmark
