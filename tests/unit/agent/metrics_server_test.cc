// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "metrics/server.h"
#include "unit/agent/fake_engine.h"
#include "unit/agent/http_client.h"
#include "unit/agent/policies.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

namespace {

class MetricsServerTest : public testing::Test {
      protected:
	const TempFolder folder_;
	const std::string policy_ = folder_.write("p.yaml", kPolicy);
	FakeEngine engine_;
	Reloader reloader_{engine_, policy_};
	std::atomic<bool> ready_ = false;
	std::unique_ptr<MetricsServer> server_;

	void SetUp() override
	{
		engine_.counts_ = {{"eth0", kIngress, "voice", false, 46, true, 0, 0, 0},
				   {"eth0", kIngress, "not_ip", true, 0, true, 0, 0, 0}};
		engine_.status_.interfaces = {
			{"eth0", 2, kIngress, "tcx", true, "", true, true, false}};
		engine_.status_.features = {{"tcx", true}, {"xdp_frags", false}};
		engine_.status_.tables = {{"flow_cache", 0, 65536, 0}};
		engine_.status_.programs = {{"flowmark_in", 1, "0", 0, 0}};
		auto server = MetricsServer::open({"127.0.0.1", 0, false}, engine_, reloader_,
						  ready_);
		ASSERT_TRUE(server.ok()) << server.error().message;
		server_ = std::move(*server);
	}

	[[nodiscard]] std::string get(const std::string &path) const
	{
		return http_get(server_->port(), path);
	}
	[[nodiscard]] std::string metrics() const { return http_body(get("/metrics")); }
	// "name{labels} value" is a line of the metrics.
	[[nodiscard]] bool has(const std::string &sample) const
	{
		return ("\n" + metrics()).find("\n" + sample + "\n") != std::string::npos;
	}
};

} // namespace

TEST_F(MetricsServerTest, every_series_is_there_at_zero)
{
	ASSERT_TRUE(reloader_.start(load_config(policy_)).ok);
	for (const char *sample :
	     {R"(flowmark_class_packets_total{interface="eth0",direction="ingress",class="voice"} 0)",
	      R"(flowmark_class_bytes_total{interface="eth0",direction="ingress",class="voice"} 0)",
	      R"(flowmark_class_marked_packets_total{interface="eth0",direction="ingress",class="voice"} 0)",
	      R"(flowmark_undecided_packets_total{interface="eth0",direction="ingress",reason="not_ip"} 0)",
	      R"(flowmark_undecided_bytes_total{interface="eth0",direction="ingress",reason="not_ip"} 0)",
	      R"(flowmark_class_info{class="voice",dscp="EF"} 1)",
	      R"(flowmark_class_info{class="default",dscp="keep"} 1)",
	      R"(flowmark_table_entries{table="flow_cache"} 0)",
	      R"(flowmark_table_max_entries{table="flow_cache"} 65536)",
	      R"(flowmark_table_update_failures_total{table="flow_cache"} 0)",
	      R"(flowmark_kernel_feature{feature="tcx"} 1)",
	      R"(flowmark_kernel_feature{feature="xdp_frags"} 0)",
	      "flowmark_pinned 0",
	      "flowmark_retired_counters_total 0",
	      "flowmark_policy_generation 1",
	      "flowmark_policy_rules 2",
	      "flowmark_policy_classes 3",
	      "flowmark_policy_set_members 0",
	      "flowmark_config_last_reload_successful 1",
	      R"(flowmark_config_reloads_total{result="success"} 0)",
	      R"(flowmark_config_reloads_total{result="failure"} 0)",
	      R"(flowmark_interface_attached{interface="eth0",direction="ingress",hook="tcx"} 1)",
	      R"(flowmark_program_run_seconds_total{program="flowmark_in"} 0)",
	      R"(flowmark_program_runs_total{program="flowmark_in"} 0)"})
		EXPECT_TRUE(has(sample)) << sample;
	for (const char *name :
	     {"\nflowmark_config_last_reload_success_timestamp_seconds 1", "\nflowmark_build_info{",
	      "\nprocess_cpu_seconds_total ", "\nprocess_resident_memory_bytes ",
	      "\nprocess_open_fds ", "\nprocess_start_time_seconds 1"})
		EXPECT_NE(metrics().find(name), std::string::npos) << name;
}

TEST_F(MetricsServerTest, promtool_finds_nothing)
{
	ASSERT_TRUE(reloader_.start(load_config(policy_)).ok);
	const std::string file = folder_.write("metrics", metrics());
	const std::string said = folder_.path("said");
	const std::string command = "promtool check metrics <'" + file + "' >'" + said + "' 2>&1";
	EXPECT_EQ(std::system(command.c_str()), 0);
	EXPECT_EQ(std::filesystem::file_size(said), 0u);
}

TEST_F(MetricsServerTest, counters_are_read_when_asked_for)
{
	EXPECT_TRUE(has("flowmark_policy_generation 0"));
	ASSERT_TRUE(reloader_.start(load_config(policy_)).ok);
	folder_.write("p.yaml", kBrokenPolicy);
	reloader_.reload();
	EXPECT_TRUE(has("flowmark_policy_generation 1"));
	EXPECT_TRUE(has("flowmark_config_last_reload_successful 0"));
	EXPECT_TRUE(has(R"(flowmark_config_reloads_total{result="failure"} 1)"));
}

TEST_F(MetricsServerTest, label_values_are_printable_and_stay_different)
{
	engine_.counts_.clear();
	for (const char *name : {"\x1b[2J\xff", "\\x1b[2J\\xff", "a\"b\nc"})
		engine_.counts_.push_back({name, kIngress, "voice", false, 46, true, 7, 7, 7});
	const auto sample = [](const std::string &name) {
		return "flowmark_class_packets_total{interface=\"" + name +
		       "\",direction=\"ingress\",class=\"voice\"} 7";
	};
	EXPECT_TRUE(has(sample(R"(\\x1b[2J\\xff)")));
	EXPECT_TRUE(has(sample(R"(\\\\x1b[2J\\\\xff)")));
	EXPECT_TRUE(has(sample(R"(a\"b\\nc)")));
}

TEST_F(MetricsServerTest, pages)
{
	EXPECT_TRUE(get("/").starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/html"));
	EXPECT_TRUE(get("/metrics")
			    .starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; "
					 "version=0.0.4; charset=utf-8\r\n"));
	EXPECT_TRUE(get("/-/healthy").starts_with("HTTP/1.1 200 "));
	EXPECT_TRUE(get("/-/ready").starts_with("HTTP/1.1 503 "));
	ready_ = true;
	EXPECT_TRUE(get("/-/ready").starts_with("HTTP/1.1 200 "));
	for (const char *path : {"/metrics/", "/x", "/../etc/passwd", "/metrics%00"})
		EXPECT_TRUE(get(path).starts_with("HTTP/1.1 404 ")) << path;
	EXPECT_EQ(server_->url(),
		  "http://127.0.0.1:" + std::to_string(server_->port()) + "/metrics");
}

TEST_F(MetricsServerTest, scrapes_and_reloads_at_the_same_time)
{
	std::atomic<bool> done = false;
	std::vector<std::thread> scrapers;
	for (int i = 0; i < 3; ++i)
		scrapers.emplace_back([&] {
			while (!done)
				EXPECT_NE(metrics().find("flowmark_policy_generation"),
					  std::string::npos);
		});
	for (int i = 0; i < 100; ++i) {
		EXPECT_TRUE(reloader_.reload().ok);
		engine_.interface_up({100 + i, "eth", 1, 1500});
	}
	done = true;
	for (std::thread &scraper : scrapers)
		scraper.join();
	EXPECT_TRUE(has("flowmark_policy_generation 100"));
}

} // namespace flowmark
