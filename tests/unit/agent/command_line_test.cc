// SPDX-License-Identifier: Apache-2.0
// The command line as the shell sees it: exit code, standard output and error.
#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "commands/command_line.h"
#include "unit/agent/policies.h"
#include "unit/config/temp_folder.h"

namespace flowmark {

namespace {

struct Ran {
	int code;
	std::string out, err;
};

Ran run(std::initializer_list<std::string> arguments)
{
	std::vector<const char *> argv{"flowmark"};
	for (const std::string &argument : arguments)
		argv.push_back(argument.c_str());
	testing::internal::CaptureStdout();
	testing::internal::CaptureStderr();
	const int code = command_line(static_cast<int>(argv.size()), argv.data());
	std::fflush(stdout);
	return {code, testing::internal::GetCapturedStdout(),
		testing::internal::GetCapturedStderr()};
}

} // namespace

TEST(CommandLine, help_and_version_are_no_errors)
{
	for (const char *command :
	     {"run", "check", "reload", "detach", "status", "classes", "flows", "top"}) {
		EXPECT_EQ(run({command, "--help"}).code, 0) << command;
		EXPECT_NE(run({"--help"}).out.find(command), std::string::npos) << command;
	}
	EXPECT_EQ(run({"--version"}).code, 0);
	EXPECT_TRUE(run({"--version"}).out.starts_with("flowmark "));
}

TEST(CommandLine, wrong_usage_is_2)
{
	EXPECT_EQ(run({}).code, 2);
	EXPECT_EQ(run({"explode"}).code, 2);
	EXPECT_EQ(run({"status", "--bogus"}).code, 2);
	EXPECT_EQ(run({"status", "-o", "xml"}).code, 2);
	EXPECT_EQ(run({"run", "--hook", "xdp"}).code, 2);
	EXPECT_EQ(run({"run", "--log-level", "loud"}).code, 2);
	EXPECT_EQ(run({"flows", "--client", "nobody"}).code, 2);
	EXPECT_EQ(run({"flows", "--limit", "0"}).code, 2);
	EXPECT_EQ(run({"top", "--interval", "0"}).code, 2);
	for (const char *pins : {"here", "/", "/pins/", ""}) {
		EXPECT_EQ(run({"run", "--pins", pins}).code, 2) << pins;
		EXPECT_EQ(run({"detach", "--pins", pins}).code, 2) << pins;
	}
	EXPECT_EQ(run({"detach", "--pins", "off"}).code, 2);
	EXPECT_FALSE(run({"status", "--bogus"}).err.empty());
}

TEST(CommandLine, no_agent_is_3_and_names_the_socket)
{
	const TempFolder folder;
	const std::string path = folder.path("c.sock");
	for (const char *command : {"reload", "status", "classes", "flows", "top"}) {
		const Ran ran = run({command, "--control", path});
		EXPECT_EQ(ran.code, 3) << command;
		EXPECT_NE(ran.err.find("cannot reach the agent at " + path), std::string::npos)
			<< ran.err;
		EXPECT_EQ(ran.out, "");
	}
}

TEST(CommandLine, detach_of_nothing_is_done_and_of_something_else_is_refused)
{
	const TempFolder folder;
	const std::string missing = folder.path("pins");
	const Ran nothing = run({"detach", "--pins", missing});
	EXPECT_EQ(nothing.code, 0);
	EXPECT_EQ(nothing.out, "nothing to remove in " + missing + "\n");
	const Ran as_json = run({"detach", "--pins", missing, "-o", "json"});
	EXPECT_EQ(as_json.code, 0);
	EXPECT_TRUE(nlohmann::json::parse(as_json.out)["links"].empty());
	std::filesystem::create_directory(missing);
	const Ran refused = run({"detach", "--pins", missing});
	EXPECT_EQ(refused.code, 1);
	EXPECT_EQ(refused.err, "flowmark: " + missing + " is not on a BPF file system\n");
	EXPECT_TRUE(std::filesystem::exists(missing));
}

TEST(CommandLine, check_says_yes)
{
	const TempFolder folder;
	const std::string path = folder.write("p.yaml", kPolicy);
	const Ran ran = run({"check", "-c", path});
	EXPECT_EQ(ran.code, 0);
	EXPECT_EQ(ran.out, path + ": ok, 2 rules, 3 classes, 0 sets with 0 members\n");
	EXPECT_EQ(ran.err, "");
}

TEST(CommandLine, check_says_no_with_file_line_and_column)
{
	const TempFolder folder;
	const std::string path = folder.write("p.yaml", kBrokenPolicy);
	const Ran ran = run({"check", "-c", path});
	EXPECT_EQ(ran.code, 1);
	EXPECT_TRUE(ran.err.starts_with(path + ":3:1: error: ")) << ran.err;
	EXPECT_EQ(ran.out, "");
	const Ran as_json = run({"check", "-c", path, "-o", "json"});
	EXPECT_EQ(as_json.code, 1);
	const auto result = nlohmann::json::parse(as_json.out);
	EXPECT_EQ(result["ok"], false);
	EXPECT_EQ(result["diagnostics"][0]["line"], 3);
	EXPECT_EQ(result["diagnostics"][0]["severity"], "error");
}

TEST(CommandLine, run_refuses_a_broken_policy_and_a_bad_address_at_once)
{
	const TempFolder folder;
	const std::string broken = folder.write("b.yaml", kBrokenPolicy);
	const Ran refused = run({"run", "-c", broken, "--control", folder.path("c")});
	EXPECT_EQ(refused.code, 1);
	EXPECT_NE(refused.err.find(broken + ":3:1: error: "), std::string::npos) << refused.err;
	const std::string good = folder.write("p.yaml", kPolicy);
	const Ran no_address = run(
		{"run", "-c", good, "--control", folder.path("c"), "--metrics", "here"});
	EXPECT_EQ(no_address.code, 1);
	EXPECT_NE(no_address.err.find("found \"here\", expected ADDRESS:PORT"), std::string::npos)
		<< no_address.err;
	EXPECT_FALSE(std::filesystem::exists(folder.path("c")));
}

} // namespace flowmark
