// SPDX-License-Identifier: Apache-2.0
// flowmark detach: takes away what an agent that has ended left in place. Works
// on the pins alone; no agent is needed, and none may live.
#include <unistd.h>

#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/words.h"
#include "commands/ask.h"
#include "commands/command.h"
#include "commands/options.h"
#include "datapath/pin_folder.h"
#include "datapath/pin_removal.h"
#include "datapath/pinned_state.h"

namespace flowmark {

using nlohmann::json;

namespace {

struct DetachOptions {
	std::string pins = kDefaultPins;
	bool json = false;
};

// Filters can only be removed where they are; links anywhere.
bool filters_are_elsewhere(const PinFolder &folder)
{
	const auto head = PinnedBook::head_of(folder.book_path());
	const auto here = netns_cookie();
	return head && here && head->netns != *here && !placed(folder.path(), "filters").empty();
}

void add_all(std::vector<std::string> &to, const std::vector<std::string> &from)
{
	to.insert(to.end(), from.begin(), from.end());
}

Removed remove_all(const PinFolder &folder)
{
	std::vector<std::string> versions = folder.others();
	versions.push_back(folder.path());
	Removed all;
	for (const std::string &version : versions) {
		const Removed removed = remove_pins(version);
		add_all(all.links, removed.links);
		add_all(all.filters, removed.filters);
		add_all(all.qdiscs, removed.qdiscs);
		add_all(all.pins, removed.pins);
		add_all(all.errors, removed.errors);
	}
	if (::rmdir(folder.base().c_str()) == 0) // else it is not ours to remove
		all.pins.push_back(folder.base());
	return all;
}

void print_removed(const Removed &removed, const DetachOptions &options)
{
	if (options.json) {
		fmt::print("{}", pretty_json({{"pins", removed.pins},
					      {"links", removed.links},
					      {"filters", removed.filters},
					      {"qdiscs", removed.qdiscs}}));
	} else if (removed.nothing()) {
		fmt::print("nothing to remove in {}\n", options.pins);
	} else {
		fmt::print("removed from {}: {}, {}, {}, {}\n", options.pins,
			   counted(removed.links.size(), "link"),
			   counted(removed.filters.size(), "filter"),
			   counted(removed.qdiscs.size(), "qdisc"),
			   counted(removed.pins.size(), "pin"));
	}
}

int detach(const DetachOptions &options)
{
	auto opened = PinFolder::open(options.pins, false);
	if (!opened) {
		print_error(opened.error().message + "; stop it first");
		return kFailure;
	}
	if (!opened->folder && !opened->missing) {
		print_error(opened->why_not);
		return kFailure;
	}
	if (opened->folder && filters_are_elsewhere(*opened->folder)) {
		print_error("the filters are in another network namespace: run detach there");
		return kFailure;
	}
	const Removed removed = opened->folder ? remove_all(*opened->folder) : Removed{};
	for (const std::string &error : removed.errors)
		print_error(error);
	print_removed(removed, options);
	return removed.errors.empty() ? kSuccess : kFailure;
}

} // namespace

Command add_detach_command(CLI::App &parent)
{
	auto options = std::make_shared<DetachOptions>();
	CLI::App *app = parent.add_subcommand(
		"detach", "remove all that an agent which has ended left attached and pinned");
	app->add_option("--pins", options->pins, "the agent's folder on a BPF file system")
		->type_name("PATH")
		->check(
			[](const std::string &path) {
				return path == kPinsOff ? "expected a path" : valid_pins(path);
			},
			"")
		->capture_default_str();
	add_output_option(*app, options->json);
	return {app, [options] { return detach(*options); }};
}

} // namespace flowmark
