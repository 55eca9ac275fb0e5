// SPDX-License-Identifier: Apache-2.0
#include "control/requests.h"

#include <unistd.h>

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/text.h"
#include "control/explain_json.h"
#include "control/to_json.h"
#include "control/version.h"

namespace flowmark {

using nlohmann::json;

namespace {

double uptime_seconds(const ControlContext &context)
{
	return std::chrono::duration<double>(std::chrono::steady_clock::now() - context.started)
		.count();
}

json success(json result)
{
	return {{"ok", true}, {"result", std::move(result)}};
}

json failure(const std::string &error)
{
	return {{"ok", false}, {"error", error}, {"diagnostics", json::array()}};
}

json status(const ControlContext &context, const json &)
{
	json result = to_json(context.engine.status());
	result["version"] = version();
	result["revision"] = revision();
	result["pid"] = ::getpid();
	result["uptime_seconds"] = uptime_seconds(context);
	result["config"] = context.reloader.path();
	result["control"] = context.control_path;
	result["metrics"] = context.metrics_url;
	result["metrics_open"] = context.metrics_open;
	result["reload"] = to_json(context.reloader.record());
	return success(std::move(result));
}

// The time belongs to the counts: who asks twice works out rates from it.
json classes(const ControlContext &context, const json &)
{
	json result = to_json(context.engine.counts());
	result["uptime_seconds"] = uptime_seconds(context);
	return success(std::move(result));
}

json flows(const ControlContext &context, const json &)
{
	return success({{"flows", to_json(context.engine.flows())}});
}

json reload(const ControlContext &context, const json &)
{
	const ReloadOutcome outcome = context.reload();
	json answer = outcome.ok ? success(to_json(context.engine.status())["policy"])
				 : failure(outcome.error);
	answer["diagnostics"] = outcome.diagnostics;
	return answer;
}

json explain(const ControlContext &context, const json &request)
{
	const auto query = query_from_json(request);
	if (!query)
		return failure(query.error().message);
	const auto flows = context.engine.explain(*query);
	return flows ? success({{"flows", to_json(*flows)}}) : failure(flows.error().message);
}

struct CommandRow {
	const char *name;
	json (*answer)(const ControlContext &, const json &request);
};

constexpr std::array<CommandRow, 5> kCommands{{
	{"status", status},
	{"classes", classes},
	{"flows", flows},
	{"explain", explain},
	{"reload", reload},
}};

json answer_command(const ControlContext &context, const std::string &command, const json &request)
{
	for (const CommandRow &row : kCommands)
		if (command == row.name)
			return row.answer(context, request);
	return failure(fmt::format("unknown command \"{}\"", printable(command)));
}

json answer_json(const ControlContext &context, const json &request)
{
	if (!request.is_object())
		return failure("found no JSON object, expected {\"command\": ...}");
	const auto command = request.find("command");
	if (command == request.end() || !command->is_string())
		return failure("the key \"command\" is missing or no string");
	return answer_command(context, command->get<std::string>(), request);
}

} // namespace

std::string answer_request(const ControlContext &context, std::string_view request)
{
	const json parsed = json::parse(request, nullptr, /* allow_exceptions */ false);
	// An interface's name need not be UTF-8: such bytes are replaced. In ASCII nothing is left
	// that a terminal acts upon, to which people send this as it is.
	return answer_json(context, parsed).dump(-1, ' ', true, json::error_handler_t::replace);
}

} // namespace flowmark
