// SPDX-License-Identifier: Apache-2.0
#include "policy/compiler.h"

#include <algorithm>

#include <fmt/format.h>

#include "policy/condition.h"

namespace flowmark {

namespace {

constexpr std::uint32_t kMaxRowNumber = 0xffff; // rows are named by 16 bits

struct Event {
	std::uint32_t at;
	std::uint32_t rule;
	bool begins;
};

// The ranges of one condition of one rule, its sets' included, without overlaps.
std::vector<Range> joined_ranges(const Config &config, const Values &values)
{
	std::vector<Range> ranges = values.ranges;
	for (const std::uint32_t set : values.sets)
		ranges.insert(ranges.end(), config.sets[set].ports.begin(),
			      config.sets[set].ports.end());
	std::sort(ranges.begin(), ranges.end());
	std::vector<Range> joined;
	for (const Range &range : ranges)
		if (!joined.empty() && range.first <= joined.back().last + 1)
			joined.back().last = std::max(joined.back().last, range.last);
		else
			joined.push_back(range);
	return joined;
}

std::vector<Event> range_events(const Config &config, fm_condition condition)
{
	std::vector<Event> events;
	for (std::uint32_t rule = 0; rule < config.rules.size(); rule++) {
		const auto &values = config.rules[rule].conditions[condition];
		if (!values)
			continue;
		for (const Range &range : joined_ranges(config, *values)) {
			events.push_back({range.first, rule, true});
			events.push_back({range.last + 1U, rule, false});
		}
	}
	std::sort(events.begin(), events.end(),
		  [](const Event &a, const Event &b) { return a.at < b.at; });
	return events;
}

} // namespace

Compiler::Compiler(const Config &config) : config_(config), policy_(std::make_unique<fm_policy>())
{
	write_header();
	write_row(FM_ROW_ALL, indifferent(FM_COND_COUNT));
	row_ids_[indifferent(FM_COND_COUNT)] = FM_ROW_ALL;
}

void Compiler::write_header()
{
	const auto rules = static_cast<std::uint32_t>(config_.rules.size());
	policy_->rules = rules;
	policy_->words = std::max(1U, (rules + FM_RULES_PER_WORD - 1) / FM_RULES_PER_WORD);
	policy_->stride = policy_->words + 1;
	policy_->default_class = config_.default_class;
	write_rates();
	max_rows_ = FM_ROW_WORDS / policy_->stride;
	for (std::uint32_t rule = 0; rule < rules; rule++) {
		policy_->rule_class[rule] = static_cast<std::uint8_t>(
			config_.rules[rule].class_index);
		for (unsigned condition = 0; condition < FM_COND_COUNT; condition++)
			if (config_.rules[rule].conditions[condition])
				policy_->conditions |= 1U << condition;
	}
}

void Compiler::write_rates()
{
	constexpr std::uint64_t kNs = 1'000'000'000;
	for (std::size_t i = 0; i < config_.classes.size(); i++) {
		const Police &police = config_.classes[i].police;
		if (police.rate == 0)
			continue;
		fm_rate &rate = policy_->rate[i];
		rate.byte_time = (8 * kNs << FM_BYTE_TIME_SHIFT) / police.rate;
		rate.burst_ns = static_cast<std::uint64_t>(static_cast<double>(police.burst) * 8 *
							   kNs / static_cast<double>(police.rate));
	}
}

RuleBits Compiler::indifferent(fm_condition condition) const
{
	RuleBits bits;
	for (std::uint32_t rule = 0; rule < config_.rules.size(); rule++)
		if (condition == FM_COND_COUNT || !config_.rules[rule].conditions[condition])
			bits.set(rule);
	return bits;
}

void Compiler::write_row(std::uint32_t row, const RuleBits &bits)
{
	__u64 *words = &policy_->rows[std::size_t{row} * policy_->stride];
	words[0] = bits.summary();
	for (std::uint32_t w = 0; w < policy_->words; w++)
		words[1 + w] = bits.word(w);
}

std::uint16_t Compiler::row(const RuleBits &bits)
{
	if (const auto found = row_ids_.find(bits); found != row_ids_.end())
		return found->second;
	if (next_row_ >= std::min(max_rows_, kMaxRowNumber)) {
		full_ = true;
		return FM_ROW_ALL;
	}
	write_row(next_row_, bits);
	return row_ids_[bits] = static_cast<std::uint16_t>(next_row_++);
}

void Compiler::fill_ranges(fm_condition condition, std::span<std::uint16_t> rows)
{
	RuleBits bits = indifferent(condition);
	const std::vector<Event> events = range_events(config_, condition);
	auto event = events.begin();
	for (std::uint32_t at = 0; at < rows.size();) {
		for (; event != events.end() && event->at == at; ++event)
			event->begins ? bits.set(event->rule) : bits.reset(event->rule);
		const std::uint32_t next = event == events.end()
						   ? static_cast<std::uint32_t>(rows.size())
						   : std::min(event->at, static_cast<std::uint32_t>(
										 rows.size()));
		std::fill(rows.begin() + at, rows.begin() + next, row(bits));
		at = next;
	}
}

std::uint32_t Compiler::group_of_set(std::uint32_t set)
{
	const auto [at, fresh] = set_groups_.emplace(set,
						     static_cast<std::uint32_t>(groups_.size()));
	if (fresh)
		groups_.emplace_back(config_.sets[set].prefixes);
	return at->second;
}

void Compiler::use_group(std::uint32_t group, std::uint32_t rule, fm_net_role role)
{
	uses_.resize(groups_.size());
	uses_[group].push_back({group, rule, role});
}

void Compiler::use_prefixes(fm_condition condition, fm_net_role role)
{
	net_base_[role] = indifferent(condition);
	for (std::uint32_t rule = 0; rule < config_.rules.size(); rule++) {
		const auto &values = config_.rules[rule].conditions[condition];
		if (!values)
			continue;
		for (const std::uint32_t set : values->sets)
			use_group(group_of_set(set), rule, role);
		if (!values->prefixes.empty()) {
			groups_.emplace_back(values->prefixes);
			use_group(static_cast<std::uint32_t>(groups_.size() - 1), rule, role);
		}
	}
}

void Compiler::use_host_group(HostGroup group, std::uint32_t rule)
{
	const auto [at, fresh] = host_group_ids_.emplace(
		group, static_cast<std::uint32_t>(host_groups_.size()));
	if (fresh) {
		host_groups_.push_back(group);
		host_rules_.emplace_back();
	}
	host_rules_[at->second].push_back(rule);
}

void Compiler::use_hosts()
{
	for (std::uint32_t rule = 0; rule < config_.rules.size(); rule++) {
		const auto &values = config_.rules[rule].conditions[FM_COND_host];
		if (!values)
			continue;
		for (const std::uint32_t set : values->sets)
			use_host_group(&config_.sets[set].hosts, rule);
		if (!values->hosts.empty())
			use_host_group(&values->hosts, rule);
	}
}

Result<void> Compiler::check_room(std::size_t rows) const
{
	const std::uint64_t needed = next_row_ + std::uint64_t{rows};
	if (!full_ && needed <= max_rows_)
		return {};
	return Error{fmt::format(
		"found a policy of {} rules that needs {} different bitmaps of rules, expected at "
		"most {}: use fewer distinct ports, prefixes and host names, or fewer rules",
		policy_->rules, full_ ? "more" : std::to_string(needed), max_rows_)};
}

// The address rows lie in one block, three a class, so that the packet path
// computes them from the class instead of looking them up.
Result<void> Compiler::write_net_rows(const NetTables &nets)
{
	policy_->net_row = next_row_;
	if (auto room = check_room(nets.classes.size() * FM_NET_ROLES); !room)
		return room;
	for (const std::vector<std::uint32_t> &groups : nets.classes) {
		std::array<RuleBits, FM_NET_ROLES> bits = net_base_;
		for (const std::uint32_t group : groups)
			for (const GroupUse &use : uses_[group])
				bits[use.role].set(use.rule);
		for (const RuleBits &role : bits)
			write_row(next_row_++, role);
	}
	return {};
}

// So do those of names, one a class.
Result<void> Compiler::write_host_rows(const HostTable &hosts)
{
	policy_->host_row = next_row_;
	if (auto room = check_room(hosts.classes.size()); !room)
		return room;
	const RuleBits base = indifferent(FM_COND_host);
	for (const std::vector<std::uint32_t> &groups : hosts.classes) {
		RuleBits bits = base;
		for (const std::uint32_t group : groups)
			for (const std::uint32_t rule : host_rules_[group])
				bits.set(rule);
		write_row(next_row_++, bits);
	}
	return {};
}

Result<void> Compiler::add_nets(SharedTables &tables)
{
	if (!tables.nets || tables.nets->fingerprint != fingerprint(groups_)) {
		auto built = build_net_tables(groups_);
		if (!built)
			return built.error();
		tables.nets = *built;
	}
	policy_->net6_nodes = tables.nets->net6_nodes;
	std::copy(tables.nets->net4_top.begin(), tables.nets->net4_top.end(), policy_->net4);
	return write_net_rows(*tables.nets);
}

Result<void> Compiler::add_hosts(SharedTables &tables)
{
	if (!tables.hosts || tables.hosts->fingerprint != fingerprint(host_groups_)) {
		auto built = build_host_table(host_groups_);
		if (!built)
			return built.error();
		tables.hosts = *built;
	}
	policy_->host_log2 = tables.hosts->log2;
	return write_host_rows(*tables.hosts);
}

Result<PolicyTables> Compiler::run(SharedTables previous)
{
	for (const ConditionType *type : condition_types())
		type->compile(*this);
	if (auto added = add_nets(previous); !added)
		return added.error();
	if (auto added = add_hosts(previous); !added)
		return added.error();
	return PolicyTables{std::move(previous), std::move(policy_), next_row_, max_rows_};
}

Result<PolicyTables> compile(const Config &config, SharedTables previous)
{
	return Compiler(config).run(std::move(previous));
}

} // namespace flowmark
