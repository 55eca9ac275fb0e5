// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/unique_fd.h"

namespace flowmark {

namespace {

const WallTime kTime{std::chrono::milliseconds(1'700'000'000'042)};

std::string line(LogFormat format, bool journal, std::string_view message, LogFields fields = {})
{
	return format_log_line({LogLevel::info, format, journal}, LogLevel::warning, kTime, message,
			       fields);
}

} // namespace

TEST(FormatUtc, has_milliseconds_and_a_z)
{
	EXPECT_EQ(format_utc(kTime), "2023-11-14T22:13:20.042Z");
	EXPECT_EQ(format_utc(WallTime{}), "1970-01-01T00:00:00.000Z");
	EXPECT_DOUBLE_EQ(unix_seconds(kTime), 1'700'000'000.042);
}

TEST(FormatLogLine, text_has_time_level_message_and_fields)
{
	EXPECT_EQ(line(LogFormat::text, false, "gone", {{"interface", "eth0"}, {"ifindex", 3}}),
		  "2023-11-14T22:13:20.042Z warning gone interface=eth0 ifindex=3\n");
}

TEST(FormatLogLine, the_journal_gets_a_priority_and_keeps_the_time_itself)
{
	EXPECT_EQ(line(LogFormat::text, true, "gone"), "<4>gone\n");
	EXPECT_EQ(line(LogFormat::json, true, "gone").substr(0, 4), "<4>{");
}

TEST(FormatLogLine, a_record_is_one_line_whatever_is_in_it)
{
	EXPECT_EQ(line(LogFormat::text, true, "a\nb", {{"name", "\x1b[2J"}}),
		  "<4>a\\nb name=\\x1b[2J\n");
}

TEST(FormatLogLine, json_is_one_object_with_fields_beside)
{
	const std::string text = line(LogFormat::json, false, "a \"b\"\n",
				      {{"file", "x\xff"}, {"line", 7}});
	ASSERT_EQ(text.find('\n'), text.size() - 1);
	const auto record = nlohmann::json::parse(text);
	EXPECT_EQ(record["time"], "2023-11-14T22:13:20.042Z");
	EXPECT_EQ(record["level"], "warning");
	EXPECT_EQ(record["message"], "a \"b\"\n");
	EXPECT_EQ(record["file"], "x\xef\xbf\xbd");
	EXPECT_EQ(record["line"], 7);
}

TEST(Log, records_below_the_level_are_not_written)
{
	set_log_options({LogLevel::warning, LogFormat::text, true});
	testing::internal::CaptureStderr();
	log_debug("d");
	log_info("i");
	log_warning("w");
	log_error("e");
	EXPECT_EQ(testing::internal::GetCapturedStderr(), "<4>w\n<3>e\n");
	set_log_options({});
}

TEST(ParseLogLevel, knows_its_names_and_no_others)
{
	EXPECT_EQ(parse_log_level("debug"), LogLevel::debug);
	EXPECT_EQ(parse_log_level("error"), LogLevel::error);
	EXPECT_FALSE(parse_log_level("Error"));
	EXPECT_EQ(parse_log_format("json"), LogFormat::json);
	EXPECT_FALSE(parse_log_format(""));
}

TEST(StderrIsJournal, only_if_the_variable_names_this_very_stream)
{
	struct stat is {};
	ASSERT_EQ(::fstat(STDERR_FILENO, &is), 0);
	::setenv("JOURNAL_STREAM", fmt::format("{}:{}", is.st_dev, is.st_ino).c_str(), 1);
	EXPECT_TRUE(stderr_is_journal());
	::setenv("JOURNAL_STREAM", fmt::format("{}:{}", is.st_dev, is.st_ino + 1).c_str(), 1);
	EXPECT_FALSE(stderr_is_journal());
	::unsetenv("JOURNAL_STREAM");
	EXPECT_FALSE(stderr_is_journal());
}

} // namespace flowmark
