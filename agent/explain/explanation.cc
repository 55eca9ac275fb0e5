// SPDX-License-Identifier: Apache-2.0
#include "explain/explanation.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "explain/words.h"
#include "names/name.h"

namespace flowmark {

namespace {

constexpr std::array kConditionNames
{
#define FM_NAME(name, ends, help) #name,
	FM_CONDITIONS(FM_NAME)
#undef FM_NAME
};

std::string place_of(const Config &config, const Location &location)
{
	return fmt::format("{}:{}", config.files[location.file], location.line);
}

fm_lookup_facts facts_for_lookup(const FlowFacts &facts)
{
	const fm_name name = make_name(facts.host, FM_EVIDENCE_SNI);
	fm_lookup_facts out{};
	for (std::size_t i = 0; i < facts.client.address.size(); i++) {
		out.client[i] = facts.client.address[i];
		out.server[i] = facts.server.address[i];
	}
	out.client_port = facts.client.port;
	out.server_port = facts.server.port;
	out.vlan = facts.vlan;
	out.host = static_cast<__u16>(name.length == 0 ? 0 : host_name_class(&name));
	out.family = facts.family;
	out.protocol = facts.protocol;
	out.dscp = facts.dscp;
	out.has_ports = protocol_has_ports(facts.protocol) ? 1 : 0;
	out.slot = facts.slot;
	return out;
}

// In the order of include/flowmark/conditions.h. Nothing, if all hold.
std::optional<Objection> objection(const Config &config, std::uint32_t rule, const FlowFacts &facts,
				   const fm_lookup_facts &known)
{
	const Rule &written = config.rules[rule];
	for (unsigned i = 0; i < FM_COND_COUNT; i++) {
		const auto condition = static_cast<fm_condition>(i);
		if (host_condition_holds(&known, condition, rule) != 0)
			continue;
		// Only what a rule says can speak against it.
		const Values &values = written.conditions.at(condition).value();
		return Objection{place_of(config, written.location),
				 config.classes[written.class_index].name,
				 kConditionNames.at(condition),
				 place_of(config, values.location),
				 found_words(condition, facts),
				 wanted_words(condition, config, values)};
	}
	return std::nullopt;
}

} // namespace

Explanation explain(const Config &config, const fm_lookup_tables &tables, const FlowFacts &facts)
{
	host_use_tables(&tables);
	const fm_lookup_facts known = facts_for_lookup(facts);
	const std::uint32_t rule = host_first_rule(&known);
	const bool decided = rule < config.rules.size();
	const std::uint32_t class_index = decided ? config.rules[rule].class_index
						  : config.default_class;
	Explanation out;
	out.rule = static_cast<std::uint16_t>(rule);
	out.place = decided ? place_of(config, config.rules[rule].location) : "default";
	out.class_name = config.classes[class_index].name;
	out.dscp = config.classes[class_index].dscp;
	for (std::uint32_t i = 0; i < (decided ? rule : config.rules.size()); i++)
		if (auto found = objection(config, i, facts, known))
			out.earlier.push_back(std::move(*found));
	return out;
}

} // namespace flowmark
