// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>

#include "commands/render.h"
#include "commands/top_frame.h"
#include "config/scalars.h"
#include "control/requests.h"
#include "unit/agent/fake_engine.h"

namespace flowmark {

using nlohmann::json;

namespace {

// What the commands get to see of an engine.
class RenderTest : public testing::Test {
      protected:
	FakeEngine engine_;
	Reloader reloader_{engine_, "/etc/f.yaml"};
	ControlContext context_{engine_, reloader_, [] { return ReloadOutcome{}; }, "/run/c.sock",
				"off"};

	json ask(const std::string &command)
	{
		const json request{{"command", command}};
		return json::parse(answer_request(context_, request.dump()))["result"];
	}

	static ClassCount count(const char *interface, Direction direction, const char *name,
				std::uint64_t packets)
	{
		return {interface, direction, name,	     false,	 46,
			true,	   packets,   packets * 100, packets / 2};
	}
};

bool has(const std::string &text, const std::string &part)
{
	return text.find(part) != std::string::npos;
}

// Uptimes at will, to make rates of.
TopSample sample(json status, json classes, double seconds)
{
	classes["uptime_seconds"] = seconds;
	return {std::move(status), std::move(classes)};
}

} // namespace

TEST_F(RenderTest, status_says_what_is_not_attached_and_why)
{
	engine_.status_.policy = {3, 1, 4, 2, 1, 0.0012, 0.25};
	engine_.status_.features = {{"tcx", true}, {"xdp_frags", false}};
	engine_.status_.interfaces = {
		{"eth0", 2, kEgress, "tcx", true, "", true, false, true},
		{"\x1b[2J", 3, kIngress, "tcx", false, "no such hook", false, true, false}};
	const std::string text = render_status(ask("status"), {});
	EXPECT_TRUE(has(text, ": tcx, no xdp_frags\n")) << text;
	EXPECT_TRUE(has(text, "generation 3: 1 rule, 4 classes, 2 sets with 1 member; compiled in "
			      "1.2 ms, staged in 250.0 ms"))
		<< text;
	EXPECT_TRUE(has(text, "eth0       egress     tcx   mark wash  attached\n")) << text;
	EXPECT_TRUE(
		has(text, "\\x1b[2J    ingress    tcx   trust      not attached: no such hook\n"))
		<< text;
	EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST_F(RenderTest, status_before_any_policy)
{
	const std::string text = render_status(ask("status"), {});
	EXPECT_TRUE(has(text, "policy     none\n")) << text;
	EXPECT_TRUE(has(text, "reloads    0 taken, 0 refused\n")) << text;
	EXPECT_TRUE(has(text, "no interface of the policy is here\n")) << text;
}

TEST_F(RenderTest, status_says_what_outlives_the_agent)
{
	engine_.status_.pins = {"/p", true, false, ""};
	EXPECT_TRUE(has(render_status(ask("status"), {}), "pins       /p: made\n"));
	engine_.status_.pins = {"/p", true, true, ""};
	EXPECT_TRUE(has(render_status(ask("status"), {}), "pins       /p: taken over\n"));
	engine_.status_.pins = {"/p", false, false, "no\x1b"};
	EXPECT_TRUE(has(render_status(ask("status"), {}),
			"pins       /p: not pinned, marking ends with the agent: no\\x1b\n"));
}

TEST_F(RenderTest, status_says_what_the_canary_found)
{
	EXPECT_TRUE(has(render_status(ask("status"), {}), "canary     not looked yet\n"));
	engine_.status_.canary.last = {true, 6, 0, 0, ""};
	engine_.status_.canary.correct = 12;
	EXPECT_TRUE(has(render_status(ask("status"), {}),
			"canary     12 known packets marked as the policy says\n"));
	engine_.status_.canary.last = {true, 5, 1, 0, "a packet is wrong"};
	EXPECT_TRUE(has(render_status(ask("status"), {}), "canary     a packet is wrong\n"));
	engine_.status_.canary.last = {false, 0, 0, 0, "no slot"};
	EXPECT_TRUE(has(render_status(ask("status"), {}), "canary     no slot\n"));
}

TEST_F(RenderTest, classes_leave_out_reasons_without_packets)
{
	engine_.counts_ = {count("eth0", kIngress, "voice", 1000),
			   {"eth0", kIngress, "old", false, FM_DSCP_KEEP, false, 0, 0, 0},
			   {"eth0", kIngress, "not_ip", true, 0, true, 3, 126, 0},
			   {"eth0", kIngress, "truncated", true, 0, true, 0, 0, 0}};
	EXPECT_EQ(render_classes(ask("classes"), {}),
		  "INTERFACE  DIRECTION  CLASS  DSCP  PACKETS   BYTES  MARKED  MARKED %  NOTE\n"
		  "eth0       ingress    voice  EF       1000  100 kB     500     50.0%\n"
		  "eth0       ingress    old    keep        0     0 B       0         -  no longer "
		  "in "
		  "use\n"
		  "\n"
		  "INTERFACE  DIRECTION  UNDECIDED  PACKETS  BYTES\n"
		  "eth0       ingress    not_ip           3  126 B\n");
}

TEST_F(RenderTest, flows_write_ports_after_addresses_of_both_families)
{
	engine_.flows_ = {{"udp", "2001:db8::1", "2001:db8::2", 5060, 53, 7, "eth0", "voice",
			   "f.yaml:3", "www.example.org", "sni", 46, 61},
			  {"gre", "192.0.2.1", "192.0.2.2", 0, 0, 0, "eth0", "default", "default",
			   "", "rule", FM_DSCP_NONE, 0.2}};
	const std::string text = render_flows(ask("flows"), {});
	EXPECT_TRUE(has(text, "1 min 1 s ago  udp       [2001:db8::1]:5060  [2001:db8::2]:53"))
		<< text;
	EXPECT_TRUE(has(text, "      0 s ago  gre       192.0.2.1           192.0.2.2 ")) << text;
	EXPECT_EQ(render_flows({{"flows", json::array()}}, {}), "no flow\n");
}

// What listens may be no agent.
TEST_F(RenderTest, counts_that_are_none_are_refused_or_bounded)
{
	engine_.flows_ = {{"udp", "192.0.2.1", "192.0.2.2", 5060, 53, 7, "eth0", "voice",
			   "f.yaml:3", "", "rule", 46, 61}};
	json flows = ask("flows");
	json &flow = flows["flows"][0];
	for (const json &wrong : {json(4.43222e+30), json(0.5), json("5060"), json(true)}) {
		flow["client_port"] = wrong;
		EXPECT_THROW(render_flows(flows, {}), json::exception) << wrong;
	}
	for (const auto &[number, shown] : std::map<json, std::string>{
		     {70000, "65535"}, {-1, "192.0.2.1 "}, {~std::uint64_t{0}, "65535"}}) {
		flow["client_port"] = number;
		EXPECT_TRUE(has(render_flows(flows, {}), shown)) << number;
	}
	flow["client_port"] = 5060;
	flow["age_seconds"] = 1e300;
	EXPECT_TRUE(has(render_flows(flows, {}), " d ")) << render_flows(flows, {});
}

TEST_F(RenderTest, flows_are_filtered_by_class_client_and_number)
{
	for (const char *client : {"192.0.2.1", "192.0.2.200", "2001:db8::1", "192.0.3.1"})
		engine_.flows_.push_back({"tcp", client, "198.51.100.1", 1, 2, 0, "eth0",
					  client[0] == '2' ? "six" : "four", "default",
					  client[0] == '2' ? "a.example" : "", "rule", 0, 1});
	const json all = ask("flows");
	const auto clients = [&](const FlowFilter &filter) {
		std::vector<std::string> out;
		const json kept = filter_flows(all, filter);
		for (const json &flow : kept["flows"])
			out.push_back(flow["client"]);
		return out;
	};
	using Clients = std::vector<std::string>;
	EXPECT_EQ(clients({}).size(), 4u);
	EXPECT_EQ(clients({"six", {}, 0, ""}), Clients{"2001:db8::1"});
	EXPECT_EQ(clients({"", parse_prefix("192.0.2.1"), 0, ""}), Clients{"192.0.2.1"});
	EXPECT_EQ(clients({"", parse_prefix("192.0.2.0/24"), 0, ""}),
		  (Clients{"192.0.2.1", "192.0.2.200"}));
	EXPECT_EQ(clients({"", parse_prefix("0.0.0.0/0"), 0, ""}).size(), 3u);
	EXPECT_EQ(clients({"", parse_prefix("::/0"), 0, ""}), Clients{"2001:db8::1"});
	EXPECT_EQ(clients({"", parse_prefix("2001:db8::/64"), 0, ""}), Clients{"2001:db8::1"});
	EXPECT_EQ(clients({"", {}, 0, "*.example"}), Clients{"2001:db8::1"});
	EXPECT_EQ(clients({"four", {}, 2, ""}), (Clients{"192.0.2.1", "192.0.2.200"}));
}

TEST_F(RenderTest, top_has_rates_shares_and_undecided_packets)
{
	engine_.counts_ = {count("eth0", kIngress, "voice", 100),
			   count("eth0", kIngress, "bulk", 0),
			   {"eth0", kIngress, "not_ip", true, 0, true, 4, 0, 0}};
	const TopSample before = sample(ask("status"), ask("classes"), 10);
	engine_.counts_ = {count("eth0", kIngress, "voice", 400),
			   count("eth0", kIngress, "bulk", 100),
			   {"eth0", kIngress, "not_ip", true, 0, true, 10, 0, 0}};
	const TopSample now = sample(ask("status"), ask("classes"), 12);
	const std::string text = render_top(now, &before, {});
	EXPECT_TRUE(has(
		text, "eth0       ingress    voice  EF          150   120 kbit/s   50.0%      400  "
		      "40.0 kB  75.0% ###############\n"
		      "                      bulk   EF           50  40.0 kbit/s   50.0%      100  "
		      "10.0 kB  25.0% #####\n"))
		<< text;
	EXPECT_TRUE(has(text, "\nundecided: not_ip 10 (3/s)\n")) << text;
}

TEST_F(RenderTest, top_has_no_rates_at_first_or_after_a_restart)
{
	engine_.counts_ = {count("eth0", kIngress, "voice", 100)};
	const TopSample first = sample(ask("status"), ask("classes"), 10);
	EXPECT_TRUE(has(render_top(first, nullptr, {}), "voice  EF            -     -"));
	TopSample restarted = sample(ask("status"), ask("classes"), 12);
	restarted.status["pid"] = 1;
	EXPECT_TRUE(has(render_top(restarted, &first, {}), "voice  EF            -     -"));
}

TEST_F(RenderTest, top_counts_a_new_series_from_zero_and_hides_old_ones)
{
	const TopSample before = sample(ask("status"), ask("classes"), 10);
	engine_.counts_ = {count("eth0", kIngress, "voice", 100),
			   count("gone0", kIngress, "x", 100)};
	engine_.counts_[1].current = false;
	const std::string text = render_top(sample(ask("status"), ask("classes"), 11), &before, {});
	EXPECT_TRUE(has(text, "voice  EF          100  80.0 kbit/s")) << text;
	EXPECT_FALSE(has(text, "gone0")) << text;
}

TEST_F(RenderTest, top_draws_eighths_where_the_terminal_has_them)
{
	engine_.counts_ = {count("eth0", kIngress, "voice", 0), count("eth0", kIngress, "bulk", 0)};
	const TopSample before = sample(ask("status"), ask("classes"), 10);
	engine_.counts_ = {count("eth0", kIngress, "voice", 1),
			   count("eth0", kIngress, "bulk", 31)};
	const TopSample now = sample(ask("status"), ask("classes"), 11);
	const std::string text = render_top(now, &before, {.colour = false, .unicode = true});
	EXPECT_TRUE(has(text, " 3.1% ▋\n")) << text;
	EXPECT_TRUE(has(text, "96.9% ███████████████████▍\n")) << text;
}

} // namespace flowmark
