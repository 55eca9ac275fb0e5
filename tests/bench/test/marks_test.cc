// SPDX-License-Identifier: Apache-2.0
// What is measured really marks, and what does not is not measured.
#include <gtest/gtest.h>

#include "floor.h"
#include "loaded_policy.h"
#include "measure.h"
#include "session.h"
#include "shapes.h"
#include "traffic.skel.h"

namespace flowmark::bench {

namespace {

constexpr std::uint32_t kEntries = 1024;
constexpr std::uint8_t kOtherDscp = 12;
constexpr HookPoint kHooks[] = {HookPoint::tc, HookPoint::xdp};
constexpr FloorKind kMarkers[] = {FloorKind::ports, FloorKind::lru, FloorKind::signature};

class Marks : public testing::Test {
      protected:
	void SetUp() override
	{
		auto traffic = Traffic::load();
		ASSERT_TRUE(traffic) << traffic.error().message;
		traffic_ = std::move(*traffic);
		auto floor = Floor::load(kEntries);
		ASSERT_TRUE(floor) << floor.error().message;
		floor_ = std::move(*floor);
	}

	Result<void> check(const Pattern &pattern, FloorKind kind, HookPoint hook,
			   std::uint8_t dscp)
	{
		const PolicyShape shape{PolicyKind::mixed, 64, 10, 10, pattern.family};
		traffic_->aim(pattern, make_dests(shape));
		return check_marks(*traffic_, pattern, floor_->program_fd(kind, hook), hook, dscp);
	}

	std::unique_ptr<Traffic> traffic_;
	std::unique_ptr<Floor> floor_;
};

TEST_F(Marks, every_floor_marks_both_families_at_both_hooks)
{
	for (const HookPoint hook : kHooks)
		for (const FloorKind kind : kMarkers)
			for (const int family : {4, 6})
				for (const bool first : {false, true}) {
					const Pattern pattern{first ? PacketKind::first
								    : PacketKind::known,
							      family, 100, first};
					const auto checked = check(pattern, kind, hook, kDscp);
					EXPECT_TRUE(checked) << describe(pattern) << ": "
							     << checked.error().message;
				}
}

TEST_F(Marks, a_program_that_does_not_mark_is_found_out)
{
	const auto checked = check({}, FloorKind::nothing, HookPoint::tc, kDscp);
	ASSERT_FALSE(checked);
	EXPECT_EQ(checked.error().message, "found DSCP 0, expected 34");
}

TEST_F(Marks, a_wrong_mark_is_found_out)
{
	const auto checked = check({}, FloorKind::ports, HookPoint::tc, kOtherDscp);
	ASSERT_FALSE(checked);
	EXPECT_EQ(checked.error().message, "found DSCP 34, expected 12");
}

TEST_F(Marks, new_flows_are_new_every_time)
{
	const Pattern first{PacketKind::first, 4, 1, true};
	const auto &plan = traffic_->programs().bss->bench_plan;
	const auto aim = [&](const Pattern &pattern) {
		traffic_->aim(pattern, std::vector<bench_dest>(BENCH_DESTS));
	};
	aim(first);
	const auto driver = traffic_->drive(floor_->program_fd(FloorKind::ports, HookPoint::tc),
					    HookPoint::tc);
	ASSERT_TRUE(driver) << driver.error().message;
	ASSERT_TRUE(time_runs(*driver, make_frame(first), 500));
	aim({});
	EXPECT_EQ(plan.turn, 0U);
	aim(first);
	EXPECT_EQ(plan.turn, 500U);
}

TEST_F(Marks, unparsable_packets_are_left_alone)
{
	for (const FloorKind kind : kMarkers) {
		const auto checked = check({PacketKind::unparsable, 4, 1, false}, kind,
					   HookPoint::tc, kDscp);
		EXPECT_TRUE(checked) << checked.error().message;
	}
}

TEST(Session, every_kind_of_case_is_loaded_checked_and_measured)
{
	std::vector<Case> cases;
	for (const PacketKind kind :
	     {PacketKind::known, PacketKind::first, PacketKind::unparsable}) {
		const Pattern pattern{kind, 4, 1, kind == PacketKind::first};
		cases.push_back({{PolicyShape{}, FloorKind::nothing, 1}, pattern});
		cases.push_back({{}, pattern});
	}
	const Pattern hello{PacketKind::hello, 4, 10, false};
	cases.push_back(
		{{PolicyShape{PolicyKind::names, 20, 10, 10, 4}, FloorKind::nothing, 1}, hello});
	cases.push_back({{}, hello});
	auto session = Session::open(cases, {2, 1000, 0});
	ASSERT_TRUE(session) << session.error().message;
	auto measured = (*session)->run();
	ASSERT_TRUE(measured) << measured.error().message;
	ASSERT_EQ(measured->size(), cases.size());
	for (const Measured &result : *measured) {
		EXPECT_EQ(result.samples.size(), 2U);
		EXPECT_EQ(result.cache_used, result.which.subject.policy.has_value());
	}
}

} // namespace

} // namespace flowmark::bench
