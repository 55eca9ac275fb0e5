// SPDX-License-Identifier: Apache-2.0
#include "session.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "measure.h"

namespace flowmark::bench {

namespace {

constexpr std::uint32_t kWarmPackets = 20000;
constexpr std::uint32_t kProbePackets = 20000;

const PolicyShape &shape_of(const Case &which)
{
	static const PolicyShape base, base6{PolicyKind::mixed, 64, 10, 10, 6};
	if (which.subject.policy)
		return *which.subject.policy;
	return which.pattern.family == 4 ? base : base6;
}

} // namespace

Result<std::unique_ptr<Session>> Session::open(std::vector<Case> cases, const Effort &effort)
{
	std::unique_ptr<Session> session(new Session(std::move(cases), effort));
	auto traffic = Traffic::load();
	if (!traffic)
		return traffic.error();
	session->traffic_ = std::move(*traffic);
	if (auto loaded = session->load({}); !loaded) // for the probe
		return loaded.error();
	for (const Case &which : session->cases_) {
		if (auto loaded = session->load(which.subject); !loaded)
			return loaded.error();
		if (auto checked = session->check(which); !checked)
			return Error{
				fmt::format("{}: {}", describe(which), checked.error().message)};
	}
	return session;
}

Result<void> Session::load(const Subject &subject)
{
	if (!subject.policy) {
		if (floors_.contains(subject.lru_entries))
			return {};
		auto floor = Floor::load(subject.lru_entries);
		if (!floor)
			return floor.error();
		floors_[subject.lru_entries] = std::move(*floor);
		return {};
	}
	if (policies_.contains(subject))
		return {};
	auto policy = LoadedPolicy::load(make_config(*subject.policy));
	if (!policy)
		return policy.error();
	policies_[subject] = std::move(*policy);
	return {};
}

int Session::program_fd(const Case &which) const
{
	if (which.subject.policy)
		return policies_.at(which.subject)->program_fd(which.hook);
	return floors_.at(which.subject.lru_entries)->program_fd(which.subject.floor, which.hook);
}

void Session::aim(const Case &which)
{
	const PolicyShape &shape = shape_of(which);
	auto found = dests_.find(shape);
	if (found == dests_.end())
		found = dests_.emplace(shape, make_dests(shape)).first;
	traffic_->aim(which.pattern, found->second);
}

Result<void> Session::check(const Case &which)
{
	const bool marks = which.subject.policy || which.subject.floor != FloorKind::nothing;
	aim(which);
	if (auto taught = teach(which); !taught)
		return taught;
	return check_marks(*traffic_, which.pattern, program_fd(which), which.hook,
			   marks ? kDscp : 0);
}

// At XDP Flowmark knows what it has decided at tc, so each flow has to pass there first.
Result<void> Session::teach(const Case &which)
{
	if (which.hook == HookPoint::tc || !which.subject.policy)
		return {};
	const int program = policies_.at(which.subject)->program_fd(HookPoint::tc);
	const auto driver = traffic_->drive(program, HookPoint::tc);
	if (!driver)
		return driver.error();
	const auto taught = time_runs(*driver, make_frame(which.pattern),
				      std::max(kWarmPackets, which.pattern.flows));
	traffic_->rewind();
	return taught ? Result<void>() : taught.error();
}

// Tables as they are in the long run: every flow seen, and where all flows are new a full LRU.
Result<void> Session::warm(const Case &which, int driver)
{
	std::uint32_t packets = std::max(kWarmPackets, which.pattern.flows);
	if (which.pattern.packets == PacketKind::first && filled_.insert(which.subject).second)
		packets += which.subject.lru_entries;
	if (which.pattern.packets == PacketKind::hello && filled_.insert(which.subject).second)
		packets = kWarmPackets + FM_NAME_ENTRIES;
	const auto warmed = time_runs(driver, make_frame(which.pattern), packets);
	return warmed ? Result<void>() : warmed.error();
}

Result<double> Session::sample(const Case &which)
{
	aim(which);
	if (auto taught = teach(which); !taught)
		return taught.error();
	const auto driver = traffic_->drive(program_fd(which), which.hook);
	if (!driver)
		return driver.error();
	if (auto warmed = warm(which, *driver); !warmed)
		return warmed.error();
	traffic_->shuffle(which.pattern);
	return time_runs(*driver, make_frame(which.pattern), packets_of(which));
}

// A hello takes some twenty times as long as another packet.
std::uint32_t Session::packets_of(const Case &which) const
{
	if (which.pattern.packets == PacketKind::hello)
		return std::max(1U, effort_.packets / 10);
	return std::max(effort_.packets, which.pattern.flows);
}

// An empty program on the packet as it is.
Result<double> Session::probe()
{
	const int empty = floors_.begin()->second->program_fd(FloorKind::nothing, HookPoint::tc);
	return time_runs(empty, make_frame({}), kProbePackets);
}

Result<std::vector<Measured>> Session::run()
{
	std::vector<Measured> results;
	results.reserve(cases_.size());
	for (const Case &which : cases_)
		results.push_back({which, {}, false});
	std::vector<Measured *> order;
	for (Measured &result : results)
		order.push_back(&result);
	for (unsigned round = 1; round <= effort_.rounds; round++) {
		std::shuffle(order.begin(), order.end(), random_);
		for (Measured *result : order) {
			const auto taken = quiet_.sample([&] { return sample(result->which); });
			if (!taken)
				return taken.error();
			result->samples.push_back(*taken);
		}
		fmt::print(stderr, "packets: round {} of {}\n", round, effort_.rounds);
	}
	for (Measured &result : results)
		if (result.which.subject.policy)
			result.cache_used = policies_.at(result.which.subject)->cache_used();
	return results;
}

} // namespace flowmark::bench
