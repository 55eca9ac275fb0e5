// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "commands/explain.h"
#include "control/explain_json.h"

namespace flowmark {

using nlohmann::json;

namespace {

json request(const json &more = json::object())
{
	json out = {
		{"protocol", "tcp"}, {"client", "192.0.2.7:51000"}, {"server", "203.0.113.5:443"}};
	out.update(more);
	return out;
}

ExplainedFlow flow()
{
	ExplainedFlow out;
	out.facts = facts_of(key_of(*query_from_json(request()), 0), false);
	out.facts.interface = "lan0";
	out.facts.vlan = 7;
	out.facts.host = "a.example.com";
	out.facts.dscp = 46;
	out.evidence = {"sni", 12.5, std::nullopt};
	out.noted = NotedDecision{3.25, "voice", "f.yaml:9", false};
	out.explanation = {
		1, "f.yaml:9", "voice", 46, {{"f.yaml:8", "bulk", "vlan", "f.yaml:8", "7", "8"}}};
	return out;
}

TEST(ExplainJson, a_request_and_what_it_may_suppose)
{
	const FlowQuery plain = *query_from_json(request());
	EXPECT_FALSE(plain.vlan || plain.interface || plain.name || plain.dscp);
	const FlowQuery query = *query_from_json(request({{"vlan", 7},
							  {"interface", "lan0"},
							  {"name", "B\xc3\xbc"
								   "cher.example."},
							  {"dscp", "AF41"}}));
	EXPECT_EQ(query.vlan, 7);
	EXPECT_EQ(query.interface, "lan0");
	EXPECT_EQ(query.name, "xn--bcher-kva.example");
	EXPECT_EQ(query.dscp, 34);
}

TEST(ExplainJson, any_json_is_refused_in_words)
{
	const std::pair<json, const char *> wrong[] = {
		{json::array(), "found no JSON object"},
		{json::object(), "the key \"protocol\" is missing or no string"},
		{request({{"client", 7}}), "the key \"client\" is missing or no string"},
		{request({{"server", "203.0.113.5"}}),
		 "server: found '203.0.113.5', expected ADDRESS:PORT or [IPv6]:PORT"},
		{request({{"vlan", 4095}}), "vlan: found '4095', expected a number from 0 to 4094"},
		{request({{"vlan", -1}}), "vlan: found '-1', expected a number from 0 to 4094"},
		{request({{"vlan", "7"}}), "vlan: found '7', expected a number from 0 to 4094"},
		{request({{"interface", 1}}), "interface: found '1', expected a string"},
		{request({{"name", "*.example.com"}}),
		 "name: found '*.example.com', expected the name of a host: example.com"},
		{request({{"name", ""}}), "name: found '', expected the name of a host: "
					  "example.com"},
		{request({{"dscp", 46}}), "dscp: found '46', expected a codepoint: EF, AF41, 46"},
	};
	for (const auto &[given, expected] : wrong) {
		const auto query = query_from_json(given);
		ASSERT_FALSE(query) << given;
		EXPECT_EQ(query.error().message, expected);
	}
}

TEST(ExplainJson, an_answer_has_the_flow_and_why)
{
	const json out = to_json(std::vector{flow()});
	EXPECT_EQ(out, json::parse(R"([{
		"protocol": "tcp", "client": "192.0.2.7", "client_port": 51000,
		"server": "203.0.113.5", "server_port": 443, "vlan": 7, "interface": "lan0",
		"host": "a.example.com", "evidence": "sni", "evidence_age_seconds": 12.5,
		"evidence_expires_seconds": null, "later_host": null,
		"dscp_in": 46, "dscp_in_name": "EF",
		"class": "voice", "dscp": 46, "dscp_name": "EF", "rule": "f.yaml:9",
		"noted": { "age_seconds": 3.25, "class": "voice", "rule": "f.yaml:9",
			   "stale": false },
		"earlier": [{ "rule": "f.yaml:8", "class": "bulk", "condition": "vlan",
			      "place": "f.yaml:8", "found": "7", "wanted": "8" }]}])"));
}

TEST(ExplainJson, as_text)
{
	EXPECT_EQ(render_explanation(to_json(std::vector{flow()})[0], {}),
		  "tcp 192.0.2.7:51000 -> 203.0.113.5:443 on lan0, VLAN 7\n"
		  "  class    voice (DSCP EF)\n"
		  "  rule     f.yaml:9\n"
		  "  host     a.example.com: its TLS ClientHello says so, known for 12 s\n"
		  "  DSCP in  EF\n"
		  "  decided  3 s ago: class voice, rule f.yaml:9\n"
		  "\n"
		  "EARLIER RULE  CLASS  CONDITION  THE FLOW HAS  IT WANTS\n"
		  "f.yaml:8      bulk   vlan       7             8\n");
}

TEST(ExplainJson, as_text_of_a_flow_that_nothing_is_known_of)
{
	ExplainedFlow unknown;
	unknown.facts.protocol = 47;
	unknown.explanation.place = "default";
	unknown.explanation.class_name = "rest";
	EXPECT_EQ(render_explanation(to_json(std::vector{unknown})[0], {}),
		  "gre 0.0.0.0 -> 0.0.0.0\n"
		  "  class    rest (DSCP keep)\n"
		  "  rule     default: no rule holds\n"
		  "  host     no name is known\n"
		  "  DSCP in  not known, or not asked for by any rule\n"
		  "  decided  not among the recent flows: this is what would become of it\n");
}

} // namespace

} // namespace flowmark
