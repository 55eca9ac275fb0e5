// SPDX-License-Identifier: Apache-2.0
// The log of the process, on standard error. One record is one line and one
// write(2), so that records of several threads never mix.
//
// Levels: error, something that was asked for does not work; warning, it works
// but probably not as meant; info, what an operator wants to find later; debug,
// for whoever works on Flowmark.
//
// Threads: any, at any time; set_log_options() before others are started.
#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/time.h"

namespace flowmark {

enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

struct LogOptions {
	LogLevel level = LogLevel::info; // records below it are not written
	LogFormat format = LogFormat::text;
	bool journal = false; // standard error is the journal: "<N>" in front, no time in text
};

// A fact beside the message: "interface=eth0", or a key of the JSON object.
struct LogField {
	LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
	template <std::integral T>
	LogField(std::string_view name, T n) : key(name), value(fmt::to_string(n)), is_number(true)
	{}

	std::string_view key; // must outlive the call it is an argument of
	std::string value;
	bool is_number = false;
};
using LogFields = std::initializer_list<LogField>;

void set_log_options(const LogOptions &options);

void log_debug(std::string_view message, LogFields fields = {});
void log_info(std::string_view message, LogFields fields = {});
void log_warning(std::string_view message, LogFields fields = {});
void log_error(std::string_view message, LogFields fields = {});

// The line with its newline, control characters escaped.
std::string format_log_line(const LogOptions &options, LogLevel level, WallTime time,
			    std::string_view message, LogFields fields);

std::optional<LogLevel> parse_log_level(std::string_view name);
std::optional<LogFormat> parse_log_format(std::string_view name);

// True if standard error is the stream that $JOURNAL_STREAM names, which is how
// systemd says that it reads "<N>" prefixes there.
bool stderr_is_journal();

} // namespace flowmark
