// SPDX-License-Identifier: Apache-2.0
#include "config/reachability.h"

#include <algorithm>
#include <array>

#include "config/coverage.h"

namespace flowmark {

namespace {

using Extents = std::array<std::optional<Extent>, FM_COND_COUNT>;

// A condition holds whenever one of these does with values that it contains:
// itself, and for either end that of one end.
struct Implication {
	fm_condition condition;
	fm_condition by;
};

constexpr Implication kImplications[] = {
	{FM_COND_port, FM_COND_client_port},
	{FM_COND_port, FM_COND_server_port},
	{FM_COND_address, FM_COND_client},
	{FM_COND_address, FM_COND_server},
};

Extents extents_of(const Rule &rule)
{
	Extents extents;
	for (std::size_t i = 0; i < FM_COND_COUNT; i++) {
		if (rule.conditions[i])
			extents[i] = Coverage::extent_of(*rule.conditions[i]);
	}
	return extents;
}

bool holds_by(const Extent &outer, const std::optional<Extent> &inner, Coverage &coverage)
{
	return inner && coverage.contains(outer, *inner);
}

// Does condition `index` of the earlier rule hold for all packets of the later?
bool always_holds(std::size_t index, const Extent &outer, const Extents &later, Coverage &coverage)
{
	if (holds_by(outer, later[index], coverage))
		return true;
	return std::any_of(std::begin(kImplications), std::end(kImplications),
			   [&](const Implication &implication) {
				   return implication.condition == index &&
					  holds_by(outer, later[implication.by], coverage);
			   });
}

bool covers(const Extents &earlier, const Extents &later, Coverage &coverage)
{
	for (std::size_t i = 0; i < FM_COND_COUNT; i++) {
		if (earlier[i] && !always_holds(i, *earlier[i], later, coverage))
			return false;
	}
	return true;
}

} // namespace

std::vector<Unreachable> find_unreachable(const Config &config)
{
	Coverage coverage(config);
	std::vector<Extents> rules;
	std::vector<Unreachable> out;
	for (const Rule &rule : config.rules) {
		rules.push_back(extents_of(rule));
		const auto covering = std::find_if(
			rules.begin(), rules.end() - 1, [&](const Extents &earlier) {
				return covers(earlier, rules.back(), coverage);
			});
		if (covering != rules.end() - 1)
			out.push_back({rules.size() - 1,
				       static_cast<std::size_t>(covering - rules.begin())});
	}
	return out;
}

} // namespace flowmark
