// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>

#include "control/requests.h"
#include "control/to_json.h"
#include "unit/agent/fake_engine.h"

namespace flowmark {

using nlohmann::json;

namespace {

class RequestsTest : public testing::Test {
      protected:
	FakeEngine engine_;
	Reloader reloader_{engine_, "/etc/flowmark/flowmark.yaml"};
	ReloadOutcome outcome_{true, "", {}};
	ControlContext context_{engine_, reloader_, [this] { return outcome_; }, "/run/c.sock",
				"http://127.0.0.1:19735/metrics"};

	json ask(std::string_view request)
	{
		return json::parse(answer_request(context_, request));
	}
	json result(const std::string &command)
	{
		const json answer = ask(json{{"command", command}}.dump());
		EXPECT_EQ(answer["ok"], true) << answer;
		return answer["result"];
	}
};

} // namespace

TEST_F(RequestsTest, status_has_every_part)
{
	engine_.status_.policy = {3, 12, 4, 2, 100, 0.5, 0.25};
	engine_.status_.interfaces = {
		{"eth0", 2, kEgress, "clsact", false, "no", true, false, true}};
	engine_.status_.features = {{"tcx", true}, {"xdp_frags", false}};
	engine_.status_.tables = {{"flow_cache", 5, 10, 1}};
	engine_.status_.programs = {{"flowmark_in", 7, "0123456789abcdef", 4, 400}};
	const json status = result("status");
	EXPECT_EQ(status["policy"], (json{{"generation", 3},
					  {"rules", 12},
					  {"classes", 4},
					  {"sets", 2},
					  {"set_members", 100},
					  {"compile_seconds", 0.5},
					  {"stage_seconds", 0.25}}));
	EXPECT_EQ(status["interfaces"][0], (json{{"interface", "eth0"},
						 {"ifindex", 2},
						 {"direction", "egress"},
						 {"hook", "clsact"},
						 {"attached", false},
						 {"error", "no"},
						 {"mark", true},
						 {"trust", false},
						 {"wash", true}}));
	EXPECT_EQ(status["kernel"]["features"], (json{{"tcx", true}, {"xdp_frags", false}}));
	EXPECT_EQ(status["tables"][0], (json{{"table", "flow_cache"},
					     {"entries", 5},
					     {"max_entries", 10},
					     {"update_failures", 1}}));
	EXPECT_EQ(status["programs"][0], (json{{"program", "flowmark_in"},
					       {"id", 7},
					       {"tag", "0123456789abcdef"},
					       {"run_count", 4},
					       {"run_time_ns", 400}}));
	for (const char *key : {"version", "revision", "pid", "uptime_seconds", "config", "control",
				"metrics", "reload"})
		EXPECT_TRUE(status.contains(key)) << key;
}

TEST_F(RequestsTest, a_policed_class_says_what_was_dropped)
{
	ClassCount count;
	count.name = "bulk";
	count.policed = true;
	count.policed_packets = 3;
	count.policed_bytes = 4500;
	const json row = to_json(std::vector{count}).at("classes").at(0);
	EXPECT_EQ(row.at("policed_packets"), 3);
	EXPECT_EQ(row.at("policed_bytes"), 4500);
}

TEST_F(RequestsTest, classes_and_reasons_are_told_apart)
{
	engine_.counts_ = {{"eth0", kIngress, "voice", false, 46, true, 10, 1000, 5},
			   {"eth0", kIngress, "rest", false, FM_DSCP_KEEP, false, 1, 100, 0},
			   {"eth0", kIngress, "not_ip", true, 0, true, 2, 84, 0}};
	const json classes = result("classes");
	EXPECT_EQ(classes["classes"][0], (json{{"interface", "eth0"},
					       {"direction", "ingress"},
					       {"class", "voice"},
					       {"dscp", 46},
					       {"dscp_name", "EF"},
					       {"packets", 10},
					       {"bytes", 1000},
					       {"marked", 5},
					       {"current", true}}));
	EXPECT_TRUE(classes["classes"][1]["dscp"].is_null());
	EXPECT_EQ(classes["classes"][1]["dscp_name"], "keep");
	EXPECT_EQ(classes["undecided"], (json::array({{{"interface", "eth0"},
						       {"direction", "ingress"},
						       {"reason", "not_ip"},
						       {"packets", 2},
						       {"bytes", 84},
						       {"current", true}}})));
}

TEST_F(RequestsTest, a_flow_without_a_mark_has_null)
{
	engine_.flows_ = {{"tcp", "192.0.2.1", "192.0.2.2", 40000, 443, 5, "eth0", "bulk", "f:7",
			   "", "rule", FM_DSCP_NONE, 1.5}};
	const json flow = result("flows")["flows"][0];
	EXPECT_EQ(flow["client"], "192.0.2.1");
	EXPECT_EQ(flow["client_port"], 40000);
	EXPECT_EQ(flow["server_port"], 443);
	EXPECT_EQ(flow["class"], "bulk");
	EXPECT_EQ(flow["rule"], "f:7");
	EXPECT_TRUE(flow["host"].is_null());
	EXPECT_TRUE(flow["dscp_in"].is_null());
	EXPECT_TRUE(flow["dscp_in_name"].is_null());
}

TEST_F(RequestsTest, a_flow_is_explained)
{
	const char *const request = R"({"command": "explain", "protocol": "tcp",
		"client": "192.0.2.7:51000", "server": "203.0.113.5:443", "vlan": 7})";
	engine_.explained_ = std::vector<ExplainedFlow>(2);
	json answer = ask(request);
	EXPECT_EQ(answer["ok"], true) << answer;
	EXPECT_EQ(answer["result"]["flows"].size(), 2u);
	EXPECT_EQ(engine_.asked_.client.port, 51000);
	EXPECT_EQ(engine_.asked_.vlan, 7);
	engine_.explained_ = Error{"say which"};
	EXPECT_EQ(ask(request)["error"], "say which");
	EXPECT_EQ(ask(R"({"command": "explain"})")["error"],
		  "the key \"protocol\" is missing or no string");
}

TEST_F(RequestsTest, a_reload_says_how_it_went)
{
	outcome_ = {true, "", {"f:1:1: warning: x"}};
	json answer = ask(R"({"command":"reload"})");
	EXPECT_EQ(answer["ok"], true);
	EXPECT_EQ(answer["diagnostics"], json::array({"f:1:1: warning: x"}));
	outcome_ = {false, "f:2:3: error: y", {"f:2:3: error: y"}};
	answer = ask(R"({"command":"reload"})");
	EXPECT_EQ(answer, (json{{"ok", false},
				{"error", "f:2:3: error: y"},
				{"diagnostics", {"f:2:3: error: y"}}}));
}

TEST_F(RequestsTest, anything_else_is_refused_with_an_error)
{
	const std::string deep(60'000, '[');
	for (const std::string &request :
	     {std::string(), std::string("garbage"), std::string("[]"), std::string("{}"),
	      std::string("{\"command\": 7}"), std::string("{\"command\": \"shutdown\"}"),
	      std::string("\xff\x00\x80", 3), deep, "{\"command\":" + deep}) {
		const json answer = ask(request);
		EXPECT_EQ(answer["ok"], false) << request.substr(0, 40);
		EXPECT_TRUE(answer["error"].is_string());
		EXPECT_TRUE(answer["diagnostics"].is_array());
	}
}

TEST_F(RequestsTest, a_name_that_is_not_utf8_is_still_an_answer)
{
	engine_.counts_ = {{"et\xffh", kIngress, "voice", false, 46, true, 1, 1, 1}};
	EXPECT_EQ(result("classes")["classes"][0]["interface"], "et\xef\xbf\xbdh");
}

// What is refused is quoted; the nesting must not be walked for that.
TEST_F(RequestsTest, values_that_nest_deeply_are_refused)
{
	const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
	for (const char *key : {"vlan", "interface", "name", "dscp"}) {
		const json answer = ask(R"({"command": "explain", "protocol": "tcp",
			"client": "192.0.2.7:51000", "server": "203.0.113.5:443", ")" +
					std::string(key) + "\": " + deep + "}");
		EXPECT_EQ(answer["ok"], false);
		EXPECT_NE(answer["error"].get<std::string>().find(key), std::string::npos);
	}
}

TEST_F(RequestsTest, no_name_sends_a_terminal_anything_to_act_upon)
{
	const std::string name = "\x1b[2J\x7f\xc2\x9b\xe2\x80\xae"; // ESC, DEL, C1's CSI, a bidi
								    // mark
	engine_.counts_ = {{name, kIngress, "voice", false, 46, true, 1, 1, 1}};
	const std::string line = answer_request(context_, R"({"command":"classes"})");
	EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) {
		return c >= ' ' && c < 0x7f;
	})) << line;
	EXPECT_EQ(json::parse(line)["result"]["classes"][0]["interface"], name);
}

} // namespace flowmark
