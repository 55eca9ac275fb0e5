// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <mutex>

#include "base/escape.h"
#include "config/text.h"

namespace flowmark {

namespace {

struct LevelRow {
	LogLevel level;
	const char *name;
	int priority; // as of syslog(3)
};

// Indexed by LogLevel.
constexpr std::array<LevelRow, 4> kLevels{{
	{LogLevel::debug, "debug", 7},
	{LogLevel::info, "info", 6},
	{LogLevel::warning, "warning", 4},
	{LogLevel::error, "error", 3},
}};

const LevelRow &row_of(LogLevel level)
{
	return kLevels.at(static_cast<std::size_t>(level));
}

struct SharedOptions {
	std::mutex mutex;
	LogOptions options;
};

SharedOptions &shared()
{
	static SharedOptions instance;
	return instance;
}

LogOptions current_options()
{
	SharedOptions &all = shared();
	const std::lock_guard lock(all.mutex);
	return all.options;
}

std::string text_line(const LogOptions &options, LogLevel level, WallTime time,
		      std::string_view message, LogFields fields)
{
	std::string line;
	if (!options.journal)
		line = fmt::format("{} {:<7} ", format_utc(time), row_of(level).name);
	line += printable(message);
	for (const LogField &field : fields)
		line += fmt::format(" {}={}", field.key, printable(field.value));
	return line;
}

std::string json_line(LogLevel level, WallTime time, std::string_view message, LogFields fields)
{
	std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":{})",
				       format_utc(time), row_of(level).name, json_quote(message));
	for (const LogField &field : fields)
		line += fmt::format(",{}:{}", json_quote(field.key),
				    field.is_number ? field.value : json_quote(field.value));
	return line + '}';
}

void write_record(LogLevel level, std::string_view message, LogFields fields)
{
	const LogOptions options = current_options();
	if (level < options.level)
		return;
	const std::string line = format_log_line(options, level, std::chrono::system_clock::now(),
						 message, fields);
	// A log that cannot be written has nobody to be reported to.
	[[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

} // namespace

void set_log_options(const LogOptions &options)
{
	SharedOptions &all = shared();
	const std::lock_guard lock(all.mutex);
	all.options = options;
}

void log_debug(std::string_view message, LogFields fields)
{
	write_record(LogLevel::debug, message, fields);
}

void log_info(std::string_view message, LogFields fields)
{
	write_record(LogLevel::info, message, fields);
}

void log_warning(std::string_view message, LogFields fields)
{
	write_record(LogLevel::warning, message, fields);
}

void log_error(std::string_view message, LogFields fields)
{
	write_record(LogLevel::error, message, fields);
}

std::string format_log_line(const LogOptions &options, LogLevel level, WallTime time,
			    std::string_view message, LogFields fields)
{
	const std::string prefix = options.journal ? fmt::format("<{}>", row_of(level).priority)
						   : std::string();
	if (options.format == LogFormat::json)
		return prefix + json_line(level, time, message, fields) + '\n';
	return prefix + text_line(options, level, time, message, fields) + '\n';
}

std::optional<LogLevel> parse_log_level(std::string_view name)
{
	for (const LevelRow &row : kLevels)
		if (name == row.name)
			return row.level;
	return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view name)
{
	if (name == "text")
		return LogFormat::text;
	if (name == "json")
		return LogFormat::json;
	return std::nullopt;
}

bool stderr_is_journal()
{
	const char *stream = std::getenv("JOURNAL_STREAM"); // NOLINT(concurrency-mt-unsafe)
	struct stat is {};
	if (stream == nullptr || ::fstat(STDERR_FILENO, &is) != 0)
		return false;
	return fmt::format("{}:{}", is.st_dev, is.st_ino) == stream;
}

} // namespace flowmark
