// SPDX-License-Identifier: Apache-2.0
#include "config/warnings.h"

#include <fmt/format.h>

#include "config/listen_address.h"
#include "config/reachability.h"
#include "config/text.h"

namespace flowmark {

namespace {

void warn_of_unreachable_rules(const Config &config, Report &report)
{
	for (const Unreachable &unreachable : find_unreachable(config)) {
		const Location at = config.rules[unreachable.rule].location;
		const Location earlier = config.rules[unreachable.covered_by].location;
		report.warning(at,
			       found("a rule that is never reached",
				     fmt::format("it above the rule at {}, which takes all of its "
						 "packets",
						 report.where(earlier, at))));
	}
}

void warn_of_unused_classes(const Config &config, Report &report)
{
	std::vector<bool> used(config.classes.size());
	used[config.default_class] = true;
	for (const Rule &rule : config.rules)
		used[rule.class_index] = true;
	for (std::size_t i = 0; i < used.size(); i++) {
		if (!used[i])
			report.warning(config.classes[i].location,
				       found(fmt::format("the class {}, which no rule assigns",
							 quote(config.classes[i].name)),
					     "a rule with it"));
	}
}

std::vector<bool> used_sets(const Config &config)
{
	std::vector<bool> used(config.sets.size());
	for (const Rule &rule : config.rules) {
		for (const auto &values : rule.conditions) {
			for (const std::uint32_t set :
			     values ? values->sets : decltype(values->sets){})
				used[set] = true;
		}
	}
	return used;
}

void warn_of_sets(const Config &config, Report &report)
{
	const std::vector<bool> used = used_sets(config);
	for (std::size_t i = 0; i < used.size(); i++) {
		const Set &set = config.sets[i];
		if (!used[i])
			report.warning(set.location,
				       found(fmt::format("the set {}, which no rule uses",
							 quote(set.name)),
					     "a rule with it"));
		if (set.members() == 0)
			report.warning(set.location,
				       found(fmt::format("the set {} without members, which no "
							 "packet is in",
							 quote(set.name)),
					     "at least one in its file"));
	}
}

void warn_of_open_metrics(const AgentOptions &agent, Report &report)
{
	auto address = parse_listen_address(agent.metrics);
	if (address && !address->is_loopback())
		report.warning(
			agent.metrics_location,
			found(fmt::format("metrics at {}, which other hosts can read, without "
					  "encryption or password",
					  quote(agent.metrics)),
			      "an address of loopback, and a proxy for others"));
}

} // namespace

void warn(const Config &config, Report &report)
{
	warn_of_unreachable_rules(config, report);
	warn_of_unused_classes(config, report);
	warn_of_sets(config, report);
	warn_of_open_metrics(config.agent, report);
	if (config.interfaces.empty())
		report.warning({}, "found no interface, expected at least one to attach to");
}

} // namespace flowmark
