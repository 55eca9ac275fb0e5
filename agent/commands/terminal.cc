// SPDX-License-Identifier: Apache-2.0
#include "commands/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

namespace flowmark {

namespace {

std::string_view environment(const char *name)
{
	const char *value = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
	return value == nullptr ? std::string_view() : value;
}

// As setlocale(3) looks for it: the first that is set decides.
bool locale_is_utf8()
{
	for (const char *name : {"LC_ALL", "LC_CTYPE", "LANG"})
		if (const auto value = environment(name); !value.empty())
			return value.find("UTF-8") != std::string_view::npos ||
			       value.find("utf8") != std::string_view::npos;
	return false;
}

std::string sgr(bool on, int attribute, std::string_view text)
{
	return on ? fmt::format("\x1b[{}m{}\x1b[0m", attribute, text) : std::string(text);
}

} // namespace

std::string Style::bold(std::string_view text) const
{
	return sgr(colour, 1, text);
}

std::string Style::dim(std::string_view text) const
{
	return sgr(colour, 2, text);
}

std::string Style::red(std::string_view text) const
{
	return sgr(colour, 31, text);
}

bool stdout_is_terminal()
{
	return ::isatty(STDOUT_FILENO) == 1;
}

Style stdout_style()
{
	const bool terminal = stdout_is_terminal() && environment("TERM") != "dumb";
	return {terminal && environment("NO_COLOR").empty(), terminal && locale_is_utf8()};
}

std::size_t terminal_rows()
{
	winsize size{};
	if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
		return 24;
	return size.ws_row;
}

} // namespace flowmark
