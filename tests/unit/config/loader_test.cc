// SPDX-License-Identifier: Apache-2.0
#include "config/loader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "temp_folder.h"

namespace flowmark {
namespace {

const std::string kGood = FLOWMARK_TEST_DATA "/configs/good/";

std::vector<std::string> good_configs()
{
	std::vector<std::string> names;
	for (const auto &entry : std::filesystem::directory_iterator(kGood)) {
		if (entry.path().extension() == ".yaml")
			names.push_back(entry.path().stem());
	}
	std::sort(names.begin(), names.end());
	return names;
}

std::string listing(const LoadResult &result)
{
	std::string out;
	for (const Diagnostic &diagnostic : result.diagnostics)
		out += diagnostic.format() + "\n";
	return out;
}

std::string read(const std::string &path)
{
	std::ifstream stream(path, std::ios::binary);
	return {std::istreambuf_iterator<char>(stream), {}};
}

Config load_good(const std::string &name)
{
	LoadResult result = load_config(kGood + name + ".yaml");
	EXPECT_TRUE(result.config) << listing(result);
	return result.config ? std::move(*result.config) : Config{};
}

// The one warning of a policy with an interface and the classes a and b.
std::string warning_of(const std::string &rest)
{
	const TempFolder folder;
	const LoadResult result = load_config(
		folder.write("f.yaml", "interfaces: [{ name: eth0 }]\n"
				       "classes: [{ name: a, dscp: EF }, { name: b, dscp: 1 }]\n" +
					       rest));
	EXPECT_TRUE(result.config) << listing(result);
	EXPECT_EQ(result.diagnostics.size(), 1u) << listing(result);
	if (result.diagnostics.size() != 1)
		return "";
	EXPECT_EQ(result.diagnostics[0].severity, Diagnostic::Severity::warning);
	return fmt::format("{}:{}: {}", result.diagnostics[0].line, result.diagnostics[0].column,
			   result.diagnostics[0].text);
}

class GoodConfig : public testing::TestWithParam<std::string> {};

TEST_P(GoodConfig, has_no_diagnostics)
{
	const LoadResult result = load_config(kGood + GetParam() + ".yaml");
	EXPECT_TRUE(result.config);
	EXPECT_EQ(listing(result), "");
}

// What an editor of another system makes of it.
TEST_P(GoodConfig, means_the_same_with_crlf_and_a_byte_order_mark)
{
	const TempFolder folder;
	std::string text = "\xef\xbb\xbf";
	for (const char c : read(kGood + GetParam() + ".yaml"))
		text += c == '\n' ? "\r\n" : std::string(1, c);
	std::filesystem::copy(kGood, folder.path(""), std::filesystem::copy_options::recursive);
	const LoadResult result = load_config(folder.write(GetParam() + ".yaml", text));
	const Config original = load_good(GetParam());
	EXPECT_EQ(listing(result), "");
	ASSERT_TRUE(result.config);
	ASSERT_EQ(result.config->rules.size(), original.rules.size());
	for (std::size_t i = 0; i < original.rules.size(); i++)
		EXPECT_EQ(result.config->rules[i].location.column,
			  original.rules[i].location.column);
	EXPECT_EQ(result.config->set_members(), original.set_members());
}

std::string title(const testing::TestParamInfo<std::string> &param)
{
	std::string name = param.param;
	std::replace(name.begin(), name.end(), '-', '_');
	return name;
}

INSTANTIATE_TEST_SUITE_P(Files, GoodConfig, testing::ValuesIn(good_configs()), title);

TEST(GoodConfigs, are_at_least_fifteen)
{
	EXPECT_GE(good_configs().size(), 15u);
}

TEST(LoadConfig, reads_the_example_of_the_design)
{
	const Config config = load_good("design-example");
	ASSERT_EQ(config.interfaces.size(), 1u);
	EXPECT_EQ(config.interfaces[0].pattern, "eth0");
	EXPECT_EQ(config.interfaces[0].mark, (std::array{true, true}));
	EXPECT_EQ(config.interfaces[0].wash, (std::array{false, true}));
	EXPECT_TRUE(config.interfaces[0].trust);

	ASSERT_EQ(config.classes.size(), 4u);
	EXPECT_EQ(config.classes[0].name, "voice");
	EXPECT_EQ(config.classes[0].dscp, 46);
	EXPECT_EQ(config.classes[2].dscp, 1);
	EXPECT_EQ(config.classes[3].dscp, FM_DSCP_KEEP);
	EXPECT_EQ(config.default_class, 3u);

	ASSERT_EQ(config.sets.size(), 2u);
	EXPECT_EQ(config.sets[0].kind, SetKind::prefixes);
	EXPECT_EQ(config.sets[0].prefixes.size(), 2u);
	EXPECT_EQ(config.sets[1].prefixes.size(), 4u);
	EXPECT_EQ(config.set_members(), 6u);

	ASSERT_EQ(config.rules.size(), 4u);
	EXPECT_EQ(config.rules[0].class_index, 0u);
	EXPECT_EQ(config.rules[0].location.line, 16u);
	EXPECT_EQ(config.rules[0].location.column, 5u);
	const auto &ports = config.rules[0].conditions[FM_COND_port];
	ASSERT_TRUE(ports);
	EXPECT_EQ(ports->ranges, (std::vector<Range>{{5060, 5061}, {16384, 32767}}));
	EXPECT_EQ(ports->location.column, 36u);
	EXPECT_FALSE(config.rules[0].conditions[FM_COND_client]);
	EXPECT_EQ(config.rules[1].conditions[FM_COND_server]->sets,
		  (std::vector<std::uint32_t>{1}));
	EXPECT_EQ(config.rules[2].conditions[FM_COND_dscp]->ranges.size(), 2u);
	EXPECT_EQ(config.rules[2].conditions[FM_COND_client]->sets,
		  (std::vector<std::uint32_t>{0}));
	EXPECT_EQ(config.rules[3].conditions[FM_COND_server]->prefixes.size(), 1u);
}

TEST(LoadConfig, reads_every_key)
{
	const Config config = load_good("every-key");
	EXPECT_FALSE(config.interfaces[0].trust);
	EXPECT_EQ(config.interfaces[0].wash, (std::array{false, true}));
	EXPECT_EQ(config.interfaces[1].mark, (std::array{false, true}));
	EXPECT_EQ(config.interfaces[1].wash, (std::array{false, false}));
	for (std::size_t i = 0; i < FM_COND_COUNT; i++)
		EXPECT_TRUE(config.rules[0].conditions[i]) << i;
	EXPECT_EQ(config.rules[0].conditions[FM_COND_interface]->names,
		  (std::vector<std::string>{"eth0", "ppp*"}));
	EXPECT_EQ(config.sets[1].ports.size(), 6u);
	EXPECT_EQ(config.sets[2].hosts.list(),
		  (std::vector<std::string_view>{"example.com", "*.example.net", "meet.example",
						 "*.example", "_sip.xn--bcher-kva.example",
						 "xn--bcher-kva.example", "192.0.2.7"}));
	EXPECT_EQ(config.rules[0].conditions[FM_COND_host]->hosts[1], "zoom.us");
	EXPECT_EQ(config.agent.metrics, "[::1]:19735");
	EXPECT_EQ(config.agent.control, "/run/flowmark/other.sock");
	EXPECT_EQ(config.agent.log_format, "json");
	EXPECT_EQ(config.agent.pins, "/sys/fs/bpf/other");
	EXPECT_FALSE(config.agent.keep_on_exit);
	EXPECT_EQ(config.agent.flow_cache, 65536u);
}

TEST(LoadConfig, reads_drop_ins_in_lexical_order_after_the_file)
{
	const Config config = load_good("drop-in");
	const std::vector<std::string> files = {
		kGood + "drop-in.yaml", kGood + "drop-in.d/10-first.yaml",
		kGood + "drop-in.d/20-second.yaml", kGood + "drop-in.d/../sets/streaming.txt"};
	EXPECT_EQ(config.files, files);
	std::vector<std::uint16_t> ports;
	for (const Rule &rule : config.rules)
		ports.push_back(rule.conditions[FM_COND_port]->ranges[0].first);
	EXPECT_EQ(ports, (std::vector<std::uint16_t>{1, 2, 10, 20}));
	EXPECT_EQ(config.rules[2].location.file, 1u);
	EXPECT_EQ(config.interfaces.size(), 2u);
	EXPECT_EQ(config.classes[config.default_class].name, "second");
}

TEST(LoadConfig, has_an_implicit_default_class)
{
	const Config config = load_good("implicit-default");
	EXPECT_EQ(config.classes.size(), 2u);
	EXPECT_EQ(config.classes[config.default_class].name, "default");
	EXPECT_EQ(config.classes[config.default_class].dscp, FM_DSCP_KEEP);
	EXPECT_EQ(config.classes[config.default_class].location.line, 0u);
	EXPECT_EQ(config.rules[0].class_index, config.default_class);
}

TEST(LoadConfig, a_class_named_default_is_the_default)
{
	const Config config = load_good("class-named-default");
	EXPECT_EQ(config.classes.size(), 1u);
	EXPECT_EQ(config.classes[config.default_class].dscp, 0);
}

TEST(LoadConfig, an_alias_is_what_it_stands_for)
{
	const Config config = load_good("anchors");
	EXPECT_EQ(config.classes[1].dscp, 46);
	EXPECT_EQ(config.rules[1].conditions[FM_COND_client]->prefixes,
		  config.rules[0].conditions[FM_COND_client]->prefixes);
}

TEST(LoadConfig, a_file_that_is_not_there_is_one_error)
{
	const TempFolder folder;
	const LoadResult result = load_config(folder.path("nope.yaml"));
	EXPECT_FALSE(result.config);
	EXPECT_EQ(listing(result), folder.path("nope.yaml") +
					   ": error: found no file: No such file or directory, "
					   "expected a readable file\n");
}

TEST(LoadConfig, a_folder_a_device_and_a_pipe_are_refused_at_once)
{
	const TempFolder folder;
	ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
	EXPECT_EQ(listing(load_config(folder.path(""))),
		  folder.path("") + ": error: found a folder, expected a regular file\n");
	for (const std::string &path : {folder.path("pipe"), std::string("/dev/zero")})
		EXPECT_EQ(listing(load_config(path)), path + ": error: found a device, pipe or "
							     "socket, expected a regular file\n");
}

TEST(LoadConfig, a_file_of_more_than_16_mib_is_refused)
{
	const TempFolder folder;
	const std::string path = folder.write("big.yaml", "rules: []\n");
	std::filesystem::resize_file(path, (16u << 20) + 1);
	EXPECT_EQ(listing(load_config(path)),
		  path + ": error: found a file of more than 16 MiB, expected at most that\n");
}

TEST(LoadConfig, a_drop_in_folder_that_is_a_file_is_an_error)
{
	const TempFolder folder;
	folder.write("f.d", "");
	const LoadResult result = load_config(folder.write("f.yaml", "rules: []\n"));
	ASSERT_EQ(result.diagnostics.size(), 1u) << listing(result);
	EXPECT_EQ(result.diagnostics[0].format(),
		  folder.path("f.d") +
			  ": error: found Not a directory, expected a folder of policy files");
}

TEST(LoadConfig, a_drop_in_that_is_a_folder_is_an_error)
{
	const TempFolder folder;
	std::filesystem::create_directories(folder.path("f.d/x.yaml"));
	const LoadResult result = load_config(folder.write("f.yaml", "rules: []\n"));
	EXPECT_EQ(listing(result),
		  folder.path("f.d/x.yaml") + ": error: found a folder, expected a regular file\n");
}

TEST(LoadConfig, names_only_the_first_hundred_errors_of_a_file)
{
	const TempFolder folder;
	std::string text = "sets: { s: { ports_file: ports.txt } }\nrules:\n";
	for (int i = 0; i < 250; i++)
		text += "  - x\n";
	folder.write("ports.txt", "x\n\n1\n");
	const LoadResult result = load_config(folder.write("f.yaml", text));
	ASSERT_EQ(result.diagnostics.size(), 102u);
	for (std::uint32_t i = 0; i < 100; i++)
		EXPECT_EQ(result.diagnostics[i].line, i + 3);
	EXPECT_EQ(result.diagnostics[100].format(),
		  folder.path("f.yaml") + ": error: found 150 more in this file, expected none");
	EXPECT_EQ(result.diagnostics[101].file, folder.path("ports.txt"));
}

TEST(LoadConfig, counts_all_bad_lines_of_a_set_file)
{
	const TempFolder folder;
	std::string lines;
	for (int i = 0; i < 50000; i++)
		lines += "x\n";
	folder.write("ports.txt", lines);
	const LoadResult result = load_config(
		folder.write("f.yaml", "sets: { s: { ports_file: ports.txt } }\n"));
	ASSERT_EQ(result.diagnostics.size(), 101u);
	EXPECT_EQ(result.diagnostics[99].line, 100u);
	EXPECT_EQ(result.diagnostics[100].text, "found 49900 more in this file, expected none");
}

TEST(LoadConfig, warns_of_an_unreachable_rule)
{
	EXPECT_EQ(warning_of("rules:\n  - { class: a, port: 1-9 }\n  - { class: b, port: 5 }\n"),
		  "5:5: found a rule that is never reached, expected it above the rule at line 4, "
		  "column 5, which takes all of its packets");
}

TEST(LoadConfig, warns_of_an_unused_class)
{
	EXPECT_EQ(warning_of("rules: [{ class: a }]\n"),
		  "2:34: found the class 'b', which no rule assigns, expected a rule with it");
}

TEST(LoadConfig, warns_of_an_unused_set)
{
	EXPECT_EQ(warning_of("rules: [{ class: a }]\ndefault: b\nsets: { s: { ports: 1 } }\n"),
		  "5:9: found the set 's', which no rule uses, expected a rule with it");
}

TEST(LoadConfig, warns_of_a_policy_without_interfaces)
{
	const TempFolder folder;
	const LoadResult result = load_config(folder.write("f.yaml", "rules: []\n"));
	EXPECT_TRUE(result.config);
	EXPECT_EQ(listing(result), folder.path("f.yaml") +
					   ": warning: found no interface, expected "
					   "at least one to attach to\n");
}

TEST(LoadConfig, warns_of_an_empty_set_file)
{
	const TempFolder folder;
	folder.write("none.txt", "# nobody\n\n");
	const LoadResult result = load_config(
		folder.write("f.yaml", "interfaces: [{ name: eth0 }]\n"
				       "sets:\n  nobody: { prefixes_file: none.txt }\n"
				       "rules: [{ class: default, client: \"@nobody\" }]\n"));
	EXPECT_TRUE(result.config);
	EXPECT_EQ(listing(result), folder.path("f.yaml") +
					   ":3:3: warning: found the set 'nobody' without members, "
					   "which no packet is in, expected at least one in its "
					   "file\n");
}

TEST(LoadConfig, metrics_that_other_hosts_can_read_are_warned_of)
{
	for (const char *open : {"0.0.0.0:1", "192.0.2.1:19735", "[::]:1", "[2001:db8::1]:1"})
		EXPECT_EQ(warning_of(fmt::format("rules: [{{ class: a }}]\ndefault: b\n"
						 "agent: {{ metrics: \"{}\" }}\n",
						 open)),
			  fmt::format("5:19: found metrics at '{}', which other hosts "
				      "can read, without encryption or password, expected an "
				      "address of loopback, and a proxy for others",
				      open));
	for (const char *closed : {"127.0.0.1:1", "127.1.2.3:1", "[::1]:1", "off"})
		EXPECT_EQ(warning_of(fmt::format("rules: [{{ class: a }}]\n"
						 "default: b\nagent: {{ metrics: \"{}\" }}\n"
						 "sets: {{ s: {{ ports: 1 }} }}\n",
						 closed)),
			  "6:9: found the set 's', which no rule uses, expected a rule "
			  "with it");
}

TEST(LoadConfig, errors_silence_the_warnings)
{
	const TempFolder folder;
	const LoadResult result = load_config(
		folder.write("f.yaml", "classes: [{ name: a, dscp: x }]\n"));
	EXPECT_FALSE(result.config);
	EXPECT_EQ(result.diagnostics.size(), 1u) << listing(result);
}

} // namespace
} // namespace flowmark
