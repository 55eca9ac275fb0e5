// SPDX-License-Identifier: Apache-2.0
// The whole agent around a fake engine: real signals, sockets and netlink.
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "commands/ask.h"
#include "control/agent.h"
#include "unit/agent/fake_engine.h"
#include "unit/agent/http_client.h"
#include "unit/agent/policies.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

using nlohmann::json;

namespace {

class AgentTest : public testing::Test {
      protected:
	void SetUp() override { policy_ = folder_.write("p.yaml", kPolicy); }
	void TearDown() override { stop(); }

	Result<std::unique_ptr<Agent>> start_agent(const std::string &metrics = "127.0.0.1:0")
	{
		auto engine = std::make_unique<FakeEngine>();
		engine->refuse_with = refuse_with_;
		engine_ = engine.get();
		return Agent::start({policy_, folder_.path("c"), metrics}, std::move(engine),
				    load_config(policy_));
	}

	void start()
	{
		auto agent = start_agent();
		ASSERT_TRUE(agent.ok()) << agent.error().message;
		agent_ = std::move(*agent);
		thread_ = std::thread([this] { agent_->run(); });
		const auto url = result("status")["metrics"].get<std::string>();
		port_ = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
		wait_until([this] { return page("/-/ready").starts_with("HTTP/1.1 200 "); });
	}

	void stop()
	{
		if (!thread_.joinable())
			return;
		::kill(::getpid(), SIGTERM);
		thread_.join();
		agent_.reset();
	}

	[[nodiscard]] json result(const std::string &command) const
	{
		auto answer = ask_agent(folder_.path("c"), command);
		EXPECT_TRUE(answer.ok());
		return (*answer)["result"];
	}
	[[nodiscard]] std::string page(const std::string &path) const
	{
		return http_get(port_, path);
	}

	static void wait_until(const std::function<bool()> &holds)
	{
		while (!holds())
			std::this_thread::sleep_for(std::chrono::milliseconds(5));
	}

	const TempFolder folder_;
	std::string policy_, refuse_with_;
	FakeEngine *engine_ = nullptr;
	std::unique_ptr<Agent> agent_;
	std::thread thread_;
	std::uint16_t port_ = 0;
};

} // namespace

TEST_F(AgentTest, life)
{
	start();
	const json status = result("status");
	EXPECT_EQ(status["policy"]["generation"], 1);
	EXPECT_EQ(status["config"], policy_);
	bool loopback = false;
	for (const json &row : status["interfaces"])
		loopback = loopback || row["interface"] == "lo";
	EXPECT_TRUE(loopback) << "the engine was not told of the interfaces";
	stop();
	EXPECT_FALSE(std::filesystem::exists(folder_.path("c")));
}

TEST_F(AgentTest, reload_by_command)
{
	start();
	auto answer = ask_agent(folder_.path("c"), "reload");
	ASSERT_TRUE(answer.ok());
	EXPECT_EQ((*answer)["result"]["generation"], 2);
	folder_.write("p.yaml", kBrokenPolicy);
	answer = ask_agent(folder_.path("c"), "reload");
	ASSERT_TRUE(answer.ok());
	EXPECT_EQ((*answer)["ok"], false);
	EXPECT_EQ((*answer)["diagnostics"].size(), 1u) << *answer;
	const json status = result("status");
	EXPECT_EQ(status["policy"]["generation"], 2);
	EXPECT_EQ(status["reload"]["ok"], false);
	EXPECT_EQ(status["reload"]["error"], (*answer)["error"]);
	EXPECT_EQ(status["reload"]["successes"], 1);
	EXPECT_EQ(status["reload"]["failures"], 1);
}

TEST_F(AgentTest, reload_by_signal)
{
	start();
	::kill(::getpid(), SIGHUP);
	wait_until([this] { return result("status")["policy"]["generation"] == 2; });
	EXPECT_NE(page("/metrics").find("flowmark_policy_generation 2\n"), std::string::npos);
}

TEST_F(AgentTest, second)
{
	start();
	const auto second = start_agent("off");
	ASSERT_FALSE(second.ok());
	EXPECT_EQ(second.error().message, "another agent answers on " + folder_.path("c"));
	EXPECT_EQ(result("status")["policy"]["generation"], 1);
}

TEST_F(AgentTest, refused)
{
	refuse_with_ = "too many bitmaps";
	const auto agent = start_agent();
	ASSERT_FALSE(agent.ok());
	EXPECT_EQ(agent.error().message, "too many bitmaps");
	EXPECT_FALSE(std::filesystem::exists(folder_.path("c")));
}

} // namespace flowmark
