// SPDX-License-Identifier: Apache-2.0
// Good policies with a few bytes changed, always the same way: whatever is read,
// there is a config or an error, and each diagnostic is a line for a terminal.
// FLOWMARK_MUTATIONS sets another number than 20,000, for a long run by hand.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "config/loader.h"
#include "temp_folder.h"

namespace flowmark {
namespace {

const std::filesystem::path kGood = FLOWMARK_TEST_DATA "/configs/good";

// Pieces that mean something to a YAML reader or to ours.
constexpr std::string_view kPieces[] = {
	"[",
	"]",
	"{",
	"}",
	":",
	": ",
	",",
	"- ",
	"-",
	"?",
	"? ",
	"&a ",
	"*a",
	"!",
	"!!str ",
	"|\n",
	">\n",
	"'",
	"\"",
	"#",
	" #",
	"\n",
	"\r\n",
	"\t",
	" ",
	"---\n",
	"...\n",
	"%",
	"@",
	"`",
	"~",
	"<<: ",
	"\\",
	"\\u",
	std::string_view("\0", 1),
	"\xff",
	"\xc3",
	"\xe2\x80\xae",
	"\x1b",
	"0",
	"00",
	"-1",
	"/",
	"/0",
	"/33",
	".",
	"::",
	"99999999999999999999",
	"null",
	"true",
	"port: ",
	"class: ",
	"\"@office\"",
};

void mutate_once(std::string &text, const std::string &other, std::mt19937 &random)
{
	const std::size_t at = random() % (text.size() + 1);
	const std::size_t length = random() % 12;
	switch (random() % 6) {
	case 0: // another byte
		if (at < text.size())
			text[at] = static_cast<char>(random());
		break;
	case 1:
		text.erase(at, length);
		break;
	case 2:
		text.insert(at, text.substr(random() % (text.size() + 1), length * 4));
		break;
	case 3:
		text.insert(at, other.substr(random() % (other.size() + 1), length * 4));
		break;
	case 4:
		if (length < 2)
			text.resize(at);
		break;
	default:
		text.insert(at, kPieces[random() % std::size(kPieces)]);
	}
}

std::vector<std::string> texts_of(const std::filesystem::path &folder)
{
	std::vector<std::filesystem::path> paths;
	for (const auto &entry : std::filesystem::directory_iterator(folder)) {
		if (entry.is_regular_file())
			paths.push_back(entry.path());
	}
	std::sort(paths.begin(), paths.end());
	std::vector<std::string> texts;
	for (const auto &path : paths) {
		std::ifstream stream(path, std::ios::binary);
		texts.emplace_back(std::istreambuf_iterator<char>(stream),
				   std::istreambuf_iterator<char>());
	}
	return texts;
}

// One of `texts` with one to five changes.
std::string mutant(const std::vector<std::string> &texts, std::mt19937 &random)
{
	std::string text = texts[random() % texts.size()];
	for (auto n = random() % 5 + 1; n > 0; n--)
		mutate_once(text, texts[random() % texts.size()], random);
	return text;
}

void expect_sound(const LoadResult &result, const std::string &text)
{
	bool has_error = false;
	for (const Diagnostic &diagnostic : result.diagnostics) {
		has_error |= diagnostic.severity == Diagnostic::Severity::error;
		for (const char c : diagnostic.format())
			ASSERT_FALSE(static_cast<unsigned char>(c) < ' ' || c == 127)
				<< diagnostic.format() << "\n"
				<< text;
		ASSERT_TRUE(diagnostic.text.starts_with("found ") &&
			    diagnostic.text.find(", expected ") != std::string::npos)
			<< diagnostic.format() << "\n"
			<< text;
		const auto lines = std::count(text.begin(), text.end(), '\n') + 2;
		ASSERT_TRUE(diagnostic.line <= lines || !diagnostic.file.ends_with("f.yaml"))
			<< diagnostic.format() << "\n"
			<< text;
	}
	ASSERT_NE(result.config.has_value(), has_error) << text;
}

TEST(LoadConfig, survives_mutated_policies)
{
	const TempFolder folder;
	std::filesystem::copy(kGood / "sets", folder.path("sets"));
	const std::vector<std::string> good = texts_of(kGood);
	const std::vector<std::string> sets = texts_of(kGood / "sets");
	const char *count = std::getenv("FLOWMARK_MUTATIONS");
	std::mt19937 random(20260101);
	std::size_t accepted = 0;
	for (long i = count ? std::atol(count) : 20000; i > 0 && !HasFatalFailure(); i--) {
		const std::string text = mutant(good, random);
		if (i % 8 == 0)
			folder.write("sets/streaming.txt", mutant(sets, random));
		const LoadResult result = load_config(folder.write("f.yaml", text));
		expect_sound(result, text);
		accepted += result.config.has_value();
	}
	EXPECT_GT(accepted, 0u);
}

} // namespace
} // namespace flowmark
