// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "control/reloader.h"
#include "unit/agent/fake_engine.h"
#include "unit/agent/policies.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

namespace {

class ReloaderTest : public testing::Test {
      protected:
	const TempFolder folder_;
	const std::string path_ = folder_.write("p.yaml", kPolicy);
	FakeEngine engine_;
	Reloader reloader_{engine_, path_};

	void SetUp() override { ASSERT_TRUE(reloader_.start(load_config(path_)).ok); }
	[[nodiscard]] unsigned generation() const { return engine_.status().policy.generation; }
};

} // namespace

TEST_F(ReloaderTest, the_start_is_a_success_but_no_reload)
{
	const ReloadRecord record = reloader_.record();
	EXPECT_TRUE(record.last.ok);
	EXPECT_TRUE(record.last_success.has_value());
	EXPECT_EQ(record.successes, 0u);
	ASSERT_TRUE(record.config);
	EXPECT_EQ(record.config->rules.size(), 2u);
}

TEST_F(ReloaderTest, a_reload_takes_what_the_file_says_now)
{
	folder_.write("p.yaml", "interfaces: [{ name: eth0 }]\nclasses: [{ name: a, dscp: 1 }]\n"
				"rules: []\ndefault: a\n");
	ASSERT_TRUE(reloader_.reload().ok);
	EXPECT_EQ(generation(), 2u);
	EXPECT_EQ(reloader_.record().config->classes.front().name, "a");
	EXPECT_EQ(reloader_.record().successes, 1u);
}

TEST_F(ReloaderTest, a_broken_file_changes_nothing_and_is_remembered)
{
	const auto before = reloader_.record();
	folder_.write("p.yaml", kBrokenPolicy);
	const ReloadOutcome outcome = reloader_.reload();
	EXPECT_FALSE(outcome.ok);
	ASSERT_FALSE(outcome.diagnostics.empty());
	EXPECT_NE(outcome.diagnostics.front().find("p.yaml:3:1: error: "), std::string::npos);
	EXPECT_TRUE(outcome.error.starts_with(outcome.diagnostics.front()));
	EXPECT_EQ(generation(), 1u);
	const auto after = reloader_.record();
	EXPECT_EQ(after.failures, 1u);
	EXPECT_EQ(after.successes, 0u);
	EXPECT_EQ(after.config, before.config);
	EXPECT_EQ(after.last_success, before.last_success);
	EXPECT_FALSE(after.last.ok);
}

TEST_F(ReloaderTest, what_the_engine_refuses_counts_as_a_failure)
{
	engine_.refuse_with = "too many bitmaps";
	const ReloadOutcome outcome = reloader_.reload();
	EXPECT_FALSE(outcome.ok);
	EXPECT_EQ(outcome.error, "too many bitmaps");
	EXPECT_EQ(reloader_.record().failures, 1u);
}

TEST_F(ReloaderTest, the_next_good_file_clears_the_error)
{
	folder_.write("p.yaml", kBrokenPolicy);
	ASSERT_FALSE(reloader_.reload().ok);
	folder_.write("p.yaml", kPolicy);
	ASSERT_TRUE(reloader_.reload().ok);
	const auto record = reloader_.record();
	EXPECT_TRUE(record.last.ok);
	EXPECT_EQ(record.last.error, "");
	EXPECT_EQ(record.last_success, record.last_attempt);
}

} // namespace flowmark
