// SPDX-License-Identifier: Apache-2.0
#include "config/loader.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "config/encoding.h"
#include "config/file.h"
#include "config/sections.h"
#include "config/warnings.h"
#include "config/yaml.h"

namespace flowmark {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFileBytes = 16u << 20;

// Names are known before they are used: a pass goes over all files.
enum class Pass { names, rules };

struct Section {
	std::string_view key;
	Pass pass;
	void (*decode)(const YamlEntry &, Context &);
};

constexpr Section kSections[] = {
	{"interfaces", Pass::names, decode_interfaces},
	{"classes", Pass::names, decode_classes},
	{"sets", Pass::names, decode_sets},
	{"rules", Pass::rules, decode_rules},
	{"default", Pass::names, decode_default},
	{"agent", Pass::names, decode_agent},
	{"names", Pass::names, decode_names},
};

struct PolicyFile {
	std::uint32_t number;
	YamlTree tree;
};

bool is_drop_in(const fs::path &name)
{
	return name.extension() == ".yaml" && !name.string().starts_with('.');
}

// *.yaml in lexical order. A folder that is not there has none.
std::vector<std::string> list_drop_ins(const fs::path &folder, Report &report)
{
	std::vector<std::string> paths;
	std::error_code error;
	fs::directory_iterator entry(folder, error);
	for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
		if (is_drop_in(entry->path().filename()))
			paths.push_back(entry->path().string());
	}
	if (error && error != std::errc::no_such_file_or_directory)
		report.error({report.add_file(folder.string()), 0, 0},
			     found(error.message(), "a folder of policy files"));
	std::sort(paths.begin(), paths.end());
	return paths;
}

std::optional<PolicyFile> read_policy(const std::string &path, Report &report)
{
	const std::uint32_t number = report.add_file(path);
	Result<std::string> text = read_file(path, kMaxFileBytes);
	if (!text) {
		report.error({number, 0, 0}, text.error().message);
		return std::nullopt;
	}
	remove_bom(*text);
	std::optional<YamlTree> tree = parse_yaml(*text, number, report);
	if (!tree)
		return std::nullopt;
	return PolicyFile{number, std::move(*tree)};
}

std::vector<PolicyFile> read_policies(const std::string &path, Context &context)
{
	const fs::path folder = fs::path(path).replace_extension(".d");
	std::vector<std::string> paths = {path};
	context.report.add_file(path);
	if (folder != path) {
		const auto drop_ins = list_drop_ins(folder, context.report);
		context.names_complete = context.report.error_count() == 0;
		paths.insert(paths.end(), drop_ins.begin(), drop_ins.end());
	}
	std::vector<PolicyFile> files;
	for (const std::string &name : paths) {
		if (std::optional<PolicyFile> file = read_policy(name, context.report))
			files.push_back(std::move(*file));
		else
			context.names_complete = false;
	}
	return files;
}

std::vector<std::string_view> section_keys()
{
	std::vector<std::string_view> keys;
	std::transform(std::begin(kSections), std::end(kSections), std::back_inserter(keys),
		       [](const Section &section) { return section.key; });
	return keys;
}

void decode_pass(Pass pass, const std::vector<Fields> &files, Context &context)
{
	for (const Section &section : kSections) {
		for (const Fields &file : files) {
			const YamlEntry *entry = file.find(section.key);
			if (entry && section.pass == pass)
				section.decode(*entry, context);
		}
	}
}

// Without a `default` key packets that no rule takes get the class of that name,
// which then need not be listed. Rules may use it.
void settle_default(Context &context)
{
	if (context.given.contains("default"))
		return;
	const auto named = context.classes.find("default");
	if (named != context.classes.end()) {
		context.config.default_class = named->second.index;
		return;
	}
	Config &config = context.config;
	config.default_class = static_cast<std::uint32_t>(config.classes.size());
	context.classes.emplace("default", Named{config.default_class, {}});
	config.classes.push_back({"default", FM_DSCP_KEEP, {}, {}});
	if (config.classes.size() == FM_MAX_CLASSES + 1)
		context.report.error(
			{}, found(fmt::format("{} classes and no 'default'", FM_MAX_CLASSES),
				  "one of them to be the default"));
}

void decode(const std::vector<PolicyFile> &policies, Context &context)
{
	const std::vector<std::string_view> keys = section_keys();
	std::vector<Fields> files;
	files.reserve(policies.size());
	for (const PolicyFile &policy : policies)
		files.emplace_back(*policy.tree.root, "a policy", keys, context.report);
	decode_pass(Pass::names, files, context);
	settle_default(context);
	settle_names(context);
	decode_pass(Pass::rules, files, context);
}

} // namespace

LoadResult load_config(const std::string &path)
{
	Config config;
	Report report;
	Context context{config, report, {}, {}, {}};
	const std::vector<PolicyFile> files = read_policies(path, context);
	decode(files, context);
	config.files = report.files();
	if (report.error_count() == 0)
		warn(config, report);
	const bool good = report.error_count() == 0;
	return {good ? std::optional(std::move(config)) : std::nullopt, report.diagnostics()};
}

} // namespace flowmark
