// SPDX-License-Identifier: Apache-2.0
// flowmark top: a live table of classes.
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <variant>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/event_loop.h"
#include "commands/ask.h"
#include "commands/command.h"
#include "commands/options.h"
#include "commands/top_frame.h"
#include "control/client.h"

namespace flowmark {

namespace {

using nlohmann::json;

struct TopOptions {
	std::string control = kDefaultControlPath;
	double interval_seconds = 1;
	std::uint64_t count = 0; // 0: until a signal
};

// A terminal that is redrawn in place: no cursor, long lines are cut instead of
// wrapped. As it was when this is destroyed, with the last picture left on it.
class Screen {
      public:
	Screen() { write("\x1b[?25l\x1b[?7l\x1b[2J"); }
	~Screen() { write("\x1b[?7h\x1b[?25h"); }
	Screen(const Screen &) = delete;
	Screen &operator=(const Screen &) = delete;

	// Line by line over what is there, so that nothing flickers.
	static void draw(const std::string &picture);

      private:
	static void write(const std::string &text)
	{
		std::fputs(text.c_str(), stdout);
		std::fflush(stdout);
	}
};

void Screen::draw(const std::string &picture)
{
	std::string out = "\x1b[H";
	std::size_t lines_left = terminal_rows() - 1;
	for (std::size_t at = 0; at < picture.size() && lines_left > 0; --lines_left) {
		const std::size_t end = picture.find('\n', at);
		out += picture.substr(at, end - at) + "\x1b[K\n";
		at = end + 1;
	}
	write(out + "\x1b[J");
}

class Top {
      public:
	Top(TopOptions options, EventLoop &loop) : options_(std::move(options)), loop_(loop)
	{
		if (stdout_is_terminal())
			screen_.emplace();
	}

	// Asks, and draws what has changed since it last did.
	void step();
	void stop(int exit_code);

	[[nodiscard]] int exit_code() const { return exit_code_; }
	[[nodiscard]] const std::string &error() const { return error_; }
	void close_screen() { screen_.reset(); }

      private:
	void draw(const TopSample &now);
	void fail(const std::string &message, int exit_code);

	TopOptions options_;
	EventLoop &loop_;
	Style style_ = stdout_style();
	std::optional<Screen> screen_;
	std::optional<TopSample> before_;
	std::uint64_t drawn_ = 0; // pictures with rates
	int exit_code_ = kSuccess;
	std::string error_;
};

// One command's result; else what there is to say, and the exit code.
struct Failed {
	std::string message;
	int exit_code;
};

std::variant<json, Failed> result_of(const std::string &control, const std::string &command)
{
	auto answer = ask_agent(control, command);
	if (!answer)
		return Failed{answer.error().message, kUnreachable};
	if (!(*answer)["ok"].get<bool>())
		return Failed{(*answer)["error"].get<std::string>(), kFailure};
	return (*answer)["result"];
}

void Top::step()
{
	auto status = result_of(options_.control, "status");
	auto classes = result_of(options_.control, "classes");
	for (const auto *result : {&status, &classes})
		if (const auto *failed = std::get_if<Failed>(result)) {
			fail(failed->message, failed->exit_code);
			return;
		}
	try {
		draw({std::get<json>(std::move(status)), std::get<json>(std::move(classes))});
	} catch (const json::exception &error) {
		fail(fmt::format("the agent is of another version: {}", error.what()), kFailure);
	}
}

// The first picture has no rates: on paper it is left out.
void Top::draw(const TopSample &now)
{
	if (screen_ || before_) {
		const std::string picture = render_top(now, before_ ? &*before_ : nullptr, style_);
		if (screen_)
			Screen::draw(picture);
		else if (std::fputs((picture + '\n').c_str(), stdout) < 0 ||
			 std::fflush(stdout) != 0)
			stop(kFailure); // nobody reads it any more
	}
	drawn_ += before_ ? 1 : 0;
	before_ = now;
	if (options_.count > 0 && drawn_ == options_.count)
		loop_.stop();
}

void Top::fail(const std::string &message, int exit_code)
{
	error_ = message;
	stop(exit_code);
}

void Top::stop(int exit_code)
{
	exit_code_ = exit_code;
	loop_.stop();
}

// Draws at once, then at every interval, until a signal or an error.
Result<void> watch_agent(const TopOptions &options, EventLoop &loop, Top &top)
{
	auto signals = Signals::open(loop, {SIGINT, SIGTERM, SIGHUP},
				     [&top](int) { top.stop(kSuccess); });
	if (!signals)
		return signals.error();
	auto timer = Timer::open(loop, [&top] { top.step(); });
	if (!timer)
		return timer.error();
	const std::chrono::duration<double> interval(options.interval_seconds);
	timer->start(std::chrono::duration_cast<std::chrono::milliseconds>(interval));
	top.step();
	loop.run();
	return {};
}

int top(const TopOptions &options)
{
	auto loop = EventLoop::open();
	if (!loop) {
		print_error(loop.error().message);
		return kFailure;
	}
	Top view(options, **loop);
	const Result<void> watched = watch_agent(options, **loop, view);
	view.close_screen(); // before anything is said below it
	if (!watched || !view.error().empty())
		print_error(watched ? view.error() : watched.error().message);
	return watched ? view.exit_code() : kFailure;
}

} // namespace

Command add_top_command(CLI::App &parent)
{
	auto options = std::make_shared<TopOptions>();
	CLI::App *app = parent.add_subcommand("top", "a live table of classes");
	add_control_option(*app, options->control);
	app->add_option("--interval", options->interval_seconds, "time between two pictures")
		->type_name("SECONDS")
		->check(CLI::Range(0.1, 3600.0))
		->capture_default_str();
	app->add_option("--count", options->count, "end after so many pictures with rates")
		->type_name("N")
		->check(CLI::PositiveNumber.description(""));
	return {app, [options] { return top(*options); }};
}

} // namespace flowmark
