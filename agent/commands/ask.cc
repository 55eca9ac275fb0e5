// SPDX-License-Identifier: Apache-2.0
#include "commands/ask.h"

#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands/command.h"
#include "config/text.h"
#include "control/client.h"

namespace flowmark {

using nlohmann::json;

namespace {

// {"ok": true, "result": ...} or {"ok": false, "error": "...", ...}
bool is_answer(const json &answer)
{
	if (!answer.is_object() || !answer.contains("ok") || !answer["ok"].is_boolean())
		return false;
	return answer["ok"].get<bool>() ? answer.contains("result")
					: answer.contains("error") && answer["error"].is_string();
}

} // namespace

Result<json> ask_agent(const std::string &control, const std::string &command)
{
	return send_request(control, {{"command", command}});
}

Result<json> send_request(const std::string &control, const json &request)
{
	const auto line = ask_control(control,
				      request.dump(-1, ' ', false, json::error_handler_t::replace));
	if (!line)
		return line.error();
	return read_answer(*line, control);
}

Result<json> read_answer(const std::string &line, const std::string &control)
{
	json answer = json::parse(line, nullptr, /* allow_exceptions */ false);
	if (!is_answer(answer))
		return Error{fmt::format("what listens on {} is not a Flowmark agent", control)};
	return answer;
}

void print_error(const std::string &message)
{
	fmt::print(stderr, "flowmark: {}\n", printable(message));
}

int report_outcome(const json &answer)
{
	const bool ok = answer["ok"].get<bool>();
	const std::string error = ok ? std::string() : answer["error"].get<std::string>();
	bool said = false; // the error repeats the first diagnostic that is one
	for (const json &line : answer.value("diagnostics", json::array())) {
		const auto text = line.get<std::string>();
		fmt::print(stderr, "{}\n", printable(text));
		said = said || error.starts_with(text);
	}
	if (ok)
		return kSuccess;
	print_error(said ? "refused" : error);
	return kFailure;
}

int show(const std::string &control, const std::string &command, const Renderer &render)
{
	return show_answer(control, {{"command", command}}, render);
}

int show_answer(const std::string &control, const json &request, const Renderer &render)
{
	const auto answer = send_request(control, request);
	if (!answer) {
		print_error(answer.error().message);
		return kUnreachable;
	}
	try {
		if (report_outcome(*answer) != kSuccess)
			return kFailure;
		const std::string text = render((*answer)["result"]);
		return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? kFailure
											: kSuccess;
	} catch (const json::exception &error) {
		print_error(fmt::format("the agent is of another version: {}", error.what()));
		return kFailure;
	}
}

std::string pretty_json(const json &value)
{
	return value.dump(2, ' ', true, json::error_handler_t::replace) + '\n';
}

} // namespace flowmark
