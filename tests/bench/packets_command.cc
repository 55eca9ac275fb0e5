// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "measure.h"
#include "support/translated.h"

namespace flowmark::bench {

using nlohmann::json;

namespace {

json policy_json(const PolicyShape &policy)
{
	return {{"kind", name_of(policy.kind)},
		{"rules", policy.rules},
		{"members", policy.members},
		{"ports", policy.ports}};
}

json case_json(const Measured &measured)
{
	const auto &[subject, pattern, hook] = measured.which;
	return {{"name", describe(measured.which)},
		{"hook", hook == HookPoint::tc ? "tc" : "xdp"},
		{"program", subject.policy ? "flowmark" : describe(subject)},
		{"policy", subject.policy ? policy_json(*subject.policy) : json()},
		{"packets", name_of(pattern.packets)},
		{"family", pattern.family},
		{"flows", pattern.flows},
		{"cache_used", measured.cache_used},
		{"samples_ns", measured.samples}};
}

std::vector<Case> selected(const std::string &only)
{
	const std::vector<Case> all = all_cases();
	const auto wanted = [&](const Case &which) {
		return describe(which).find(only) != std::string::npos;
	};
	std::set<std::pair<HookPoint, Pattern>> patterns;
	for (const Case &which : all)
		if (wanted(which))
			patterns.insert({which.hook, which.pattern});
	std::vector<Case> chosen;
	for (const Case &which : all) {
		const bool empty = describe(which.subject) == "empty";
		if (wanted(which) || (empty && patterns.contains({which.hook, which.pattern})))
			chosen.push_back(which);
	}
	return chosen;
}

} // namespace

int fail(const Error &error)
{
	fmt::print(stderr, "flowmark-bench: {}\n", error.message);
	return kFailed;
}

int measure_packets(const Effort &effort, const std::string &only, int cpu)
{
	const std::vector<Case> cases = selected(only);
	if (cases.empty())
		return fail({"no case has '" + only + "' in its name"});
	if (auto stayed = stay_on_cpu(cpu); !stayed)
		return fail(stayed.error());
	auto session = Session::open(cases, effort);
	if (!session)
		return fail(session.error());
	const auto results = (*session)->run();
	if (!results)
		return fail(results.error());
	json out = {{"cases", json::array()}, {"disturbed", (*session)->disturbed()}};
	for (const Measured &measured : *results)
		out["cases"].push_back(case_json(measured));
	fmt::print("{}\n", out.dump());
	return kDone;
}

int count_calls()
{
	const auto policy = LoadedPolicy::load(make_config({}));
	if (!policy)
		return fail(policy.error());
	json out;
	for (const fm_direction direction : {FM_INGRESS, FM_EGRESS}) {
		const auto instructions = test::entry_function(
			(*policy)->program_fd(HookPoint::tc, direction));
		if (instructions.empty())
			return fail({"cannot read the translated program"});
		out[direction == FM_INGRESS ? "ingress" : "egress"] = test::helper_calls(
			instructions);
	}
	fmt::print("{}\n", out.dump());
	return kDone;
}

} // namespace flowmark::bench
