// SPDX-License-Identifier: Apache-2.0
// Every case of tests/unit/configs/broken: these errors at these places, no others.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "broken_case.h"
#include "config/loader.h"
#include "temp_folder.h"

namespace flowmark {
namespace {

std::vector<BrokenCase> all_cases()
{
	return read_cases(FLOWMARK_TEST_DATA "/configs/broken");
}

// A title, so that gtest and ctest can name a case.
std::string title(const testing::TestParamInfo<BrokenCase> &info)
{
	std::string name = info.param.name;
	for (char &c : name) {
		if (!std::isalnum(static_cast<unsigned char>(c)))
			c = '_';
	}
	return fmt::format("{:03}_{}", info.index, name);
}

std::string listing(const LoadResult &result)
{
	std::string out;
	for (const Diagnostic &diagnostic : result.diagnostics)
		out += "  " + diagnostic.format() + "\n";
	return out;
}

class BrokenConfig : public testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenConfig, is_refused_with_the_right_place)
{
	const BrokenCase &broken = GetParam();
	const TempFolder folder;
	for (const CaseFile &file : broken.files)
		folder.write(file.name, file.content);
	const LoadResult result = load_config(folder.path("flowmark.yaml"));

	EXPECT_FALSE(result.config.has_value());
	ASSERT_EQ(broken.texts.size(), broken.errors.size()) << broken.name << ": marks and texts";
	ASSERT_EQ(result.diagnostics.size(), broken.errors.size()) << broken.name << "\n"
								   << listing(result);
	for (std::size_t i = 0; i < broken.errors.size(); i++) {
		const ExpectedError &expected = broken.errors[i];
		const Diagnostic &actual = result.diagnostics[i];
		EXPECT_EQ(actual.file, folder.path(expected.file)) << actual.format();
		EXPECT_EQ(actual.line, expected.line) << actual.format();
		EXPECT_EQ(actual.column, expected.column) << actual.format();
		EXPECT_EQ(actual.severity, Diagnostic::Severity::error);
		EXPECT_NE(actual.text.find(broken.texts[i]), std::string::npos)
			<< "expected: " << broken.texts[i] << "\nactual:   " << actual.format();
		EXPECT_TRUE(actual.text.starts_with("found ")) << actual.text;
		EXPECT_NE(actual.text.find(", expected "), std::string::npos) << actual.text;
		EXPECT_TRUE(std::none_of(actual.text.begin(), actual.text.end(), [](char c) {
			return static_cast<unsigned char>(c) < ' ' || c == 127;
		})) << actual.text;
	}
}

INSTANTIATE_TEST_SUITE_P(Cases, BrokenConfig, testing::ValuesIn(all_cases()), title);

TEST(BrokenConfigs, are_at_least_two_hundred)
{
	EXPECT_GE(all_cases().size(), 200u);
}

} // namespace
} // namespace flowmark
