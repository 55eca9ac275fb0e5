// SPDX-License-Identifier: Apache-2.0
// The canary over the living programs: silent about whatever policy is right, and loud about
// what is broken in the kernel.
#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <set>

#include "canary/probes.h"
#include "datapath/canary.h"
#include "datapath/test_run.h"
#include "property/generate.h"
#include "support/path.h"

namespace flowmark::test {

namespace {

constexpr std::uint32_t kSeed = 20261130;
constexpr const char *kVoicePolicy =
	"classes: [{ name: voice, dscp: EF }, { name: rest, dscp: keep }]\n"
	"rules: [{ class: voice, protocol: udp, server_port: 5060 }]\ndefault: rest\n";
constexpr std::size_t kVoiceProbes = 4, kHooks = 2;

class CanaryTest : public testing::Test {
      protected:
	CanaryTest() : table_(path_.object().iface_cells())
	{
		// Path's own slot; its cell is what the canary borrows.
		table_.reserve(Path::kSlot);
		table_.remove(kTestRunIfindex);
	}

	void use(std::unique_ptr<Config> config)
	{
		path_.reload(std::move(config));
		config_ = std::make_shared<const Config>(path_.config());
	}

	CanaryRound run() { return canary_.run(config_, "lan0", kTestRunIfindex); }

	Path path_{kVoicePolicy};
	std::shared_ptr<const Config> config_ = std::make_shared<const Config>(path_.config());
	InterfaceTable table_;
	Canary canary_{path_.object(), path_.writer(), table_};
};

std::size_t entries_of(int map_fd)
{
	std::size_t entries = 0;
	fm_flow_key key{}, next{};
	for (const fm_flow_key *at = nullptr; bpf_map_get_next_key(map_fd, at, &next) == 0;
	     at = &key, entries++)
		key = next;
	return entries;
}

} // namespace

TEST_F(CanaryTest, is_content_with_any_policy)
{
	Generator generator(kSeed);
	for (const std::size_t rules : {0, 1, 3, 10, 64, 100, 500, 1024})
		for (int policy = 0; policy < 3; policy++) {
			use(generator.config(rules));
			for (int turn = 0; turn < 2; turn++) {
				const CanaryRound round = run();
				ASSERT_TRUE(round.looked) << round.error;
				ASSERT_TRUE(round.holds()) << rules << " rules: " << round.error;
				ASSERT_GE(round.correct, 3 * kHooks);
				ASSERT_LE(round.correct, kMaxProbes * kHooks);
			}
		}
}

TEST_F(CanaryTest, asks_rules_of_all_kinds)
{
	Generator generator(kSeed);
	std::set<std::size_t> decided_by;
	std::set<unsigned> families, protocols;
	for (int i = 0; i < 40; i++) {
		const auto config = generator.config(10);
		for (const Probe &probe : make_probes(*config, "lan0")) {
			decided_by.insert(probe.rule);
			families.insert(probe.packet.family);
			protocols.insert(probe.packet.protocol);
			EXPECT_TRUE(source_is_client(probe.packet));
		}
	}
	EXPECT_GT(decided_by.size(), 5U);
	EXPECT_EQ(families, (std::set<unsigned>{4, 6}));
	EXPECT_GE(protocols.size(), 4U);
}

TEST_F(CanaryTest, sees_a_class_that_is_not_the_policys)
{
	EXPECT_EQ(run().correct, kVoiceProbes * kHooks);
	path_.live_policy().rule_class[0] = 1;
	const CanaryRound round = run();
	EXPECT_EQ(round.wrong, kHooks);
	EXPECT_EQ(round.correct, (kVoiceProbes - 1) * kHooks);
	EXPECT_FALSE(round.holds());
	EXPECT_NE(round.error.find("is not of class voice"), std::string::npos) << round.error;
	EXPECT_NE(round.error.find("(udp, "), std::string::npos) << round.error;
	path_.live_policy().rule_class[0] = 0;
	EXPECT_TRUE(run().holds());
}

TEST_F(CanaryTest, sees_rows_that_were_overwritten)
{
	const fm_policy &policy = path_.live_policy();
	const __u16 row = policy.port[FM_PORT_SERVER][5060];
	path_.live_policy().port[FM_PORT_SERVER][5060] = policy.port[FM_PORT_SERVER][1];
	EXPECT_EQ(run().wrong, kHooks);
	path_.live_policy().port[FM_PORT_SERVER][5060] = row;
	EXPECT_TRUE(run().holds());
}

TEST_F(CanaryTest, touches_no_traffic)
{
	use(parse_policy(
		"interfaces: [{ name: lan0 }]\n"
		"classes: [{ name: voice, dscp: EF, police: 8kbit }, { name: rest, dscp: 0 }]\n"
		"rules:\n  - { class: voice, protocol: udp, port: 9 }\n"
		"  - { class: voice, host: x.test }\ndefault: rest\n"));
	const std::size_t recent = entries_of(path_.object().recent_fd());
	const std::size_t exact = entries_of(path_.object().exact_fd());
	// Far beyond the policer's rate.
	for (int i = 0; i < 100; i++)
		ASSERT_TRUE(run().holds()) << run().error;
	for (const fm_direction direction : {FM_INGRESS, FM_EGRESS})
		for (const char *name : {"voice", "rest"})
			EXPECT_EQ(path_.count(direction, name).packets, 0U) << name;
	EXPECT_EQ(path_.drops("voice").packets, 0U);
	EXPECT_EQ(entries_of(path_.object().recent_fd()), recent);
	EXPECT_EQ(entries_of(path_.object().exact_fd()), exact);
	EXPECT_FALSE(table_.slot_of(kTestRunIfindex)) << "the borrowed cell is given back";
}

TEST_F(CanaryTest, says_why_it_cannot_look)
{
	EXPECT_FALSE(canary_.run(config_, "lan0", 0).looked);
	EXPECT_EQ(canary_.run(config_, "lan0", 0).error, "the policy has every interface there is");
	while (table_.take_slot())
		;
	const CanaryRound round = run();
	EXPECT_FALSE(round.looked);
	EXPECT_TRUE(round.holds()) << "what is not known is not wrong";
	EXPECT_EQ(round.error, "every slot of an interface is in use");
}

} // namespace flowmark::test
