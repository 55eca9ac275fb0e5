// SPDX-License-Identifier: Apache-2.0
// Both ends of the control socket. The first byte chooses:
// - even: a request, a newline, and what the engine calls everything it lists. There is one
//   answer, in one line of JSON without control characters; what is asked of the engine is
//   what the request may ask; and the commands can show the answer.
// - odd: what a command was sent as an answer. It is one or it is refused, and whatever is
//   shown of it is harmless to a terminal.
#include <nlohmann/json.hpp>

#include "commands/ask.h"
#include "commands/explain.h"
#include "commands/render.h"
#include "commands/top_frame.h"
#include "config/scalars.h"
#include "control/requests.h"
#include "fuzz/diagnostics.h"
#include "unit/agent/fake_engine.h"

using namespace flowmark;
using flowmark::fuzz::require;
using nlohmann::json;

namespace {

void name_all(FakeEngine &engine, const std::string &name)
{
	engine.status_.pins = {name, true, false, name};
	engine.status_.xdp = {{name, XdpMode::native, XdpMode::off, false, name}};
	engine.status_.interfaces = {{name, 2, kEgress, name, false, name, true, true, true}};
	engine.status_.names_error = name;
	engine.counts_ = {{name, kIngress, name, false, 46, true, 10, 1000, 5},
			  {name, kEgress, name, true, 0, true, 2, 84, 0}};
	engine.flows_ = {{name, name, name, 40000, 443, 5, name, name, name, name, name, 46, 1.5}};
	ExplainedFlow flow;
	flow.facts.interface = flow.facts.host = flow.later_host = name;
	flow.evidence = {name, 1.0, 2.0};
	flow.noted = NotedDecision{1, name, name, true};
	flow.explanation = {1, name, name, 46, {{name, name, name, name, name, name}}};
	engine.explained_ = std::vector{flow};
}

// Lines and nothing else that a terminal acts upon.
void check_shown(std::string text)
{
	std::erase(text, '\n');
	require(fuzz::is_harmless(text), "fit for a terminal");
}

// False where a key that is shown is missing.
template <typename Render>
bool show_one(Render render)
{
	try {
		check_shown(render());
		return true;
	} catch (const json::exception &) {
		return false;
	}
}

std::string render_flow_list(const json &result)
{
	return render_flows(filter_flows(result, {"", parse_prefix("192.0.2.0/24"), 5, "*"}), {});
}

// How many of the commands find in it what they show.
int show_all(const json &result)
{
	const auto explained = [&] { return render_explanation(result.at("flows").at(0), {}); };
	const bool top = show_one([&] { return render_top({result, result}, nullptr, {}); });
	return static_cast<int>(top) + show_one([&] { return render_status(result, {}); }) +
	       show_one([&] { return render_classes(result, {}); }) +
	       show_one([&] { return render_flows(result, {}); }) +
	       show_one([&] { return render_flow_list(result); }) + show_one(explained) +
	       show_one([&] { return pretty_json(result); });
}

void check_query(const FlowQuery &query)
{
	require(query.family == 4 || query.family == 6, "a family");
	require(!query.vlan || *query.vlan <= 4094, "a VLAN");
	require(!query.dscp || *query.dscp < 64, "a codepoint");
	require(!query.name || fuzz::is_name(*query.name), "a name as rules compare it");
}

void check_request(std::string_view input)
{
	const std::size_t end = std::min(input.find('\n'), input.size());
	FakeEngine engine;
	name_all(engine, std::string(input.substr(std::min(end + 1, input.size()))));
	const Reloader reloader(engine, "flowmark.yaml");
	const ControlContext context{
		engine, reloader,
		[&] {
			return ReloadOutcome{false, engine.status_.names_error, {}};
		},
		"control.sock", "off"};
	const std::string line = answer_request(context, input.substr(0, end));
	require(fuzz::is_harmless(line), "one line without control characters");
	const auto answer = read_answer(line, "control.sock");
	require(answer.ok(), "an answer as the commands want it");
	check_query(engine.asked_);
	if ((*answer)["ok"] == true)
		require(show_all((*answer)["result"]) > 1, "a command can show it");
}

void check_answer(const std::string &line)
{
	const auto answer = read_answer(line, "control.sock");
	if (answer && (*answer)["ok"] == true)
		show_all((*answer)["result"]);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	if (size == 0)
		return 0;
	const std::string rest(reinterpret_cast<const char *>(data) + 1, size - 1);
	if (data[0] & 1)
		check_answer(rest);
	else
		check_request(rest);
	return 0;
}
