// SPDX-License-Identifier: Apache-2.0
// What the sections of a policy share while they are read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/report.h"
#include "config/yaml.h"

namespace flowmark {

// A class or a set: its index into Config::classes or Config::sets, and where it
// got its name.
struct Named {
	std::uint32_t index = 0;
	Location at;
};
using NameTable = std::map<std::string, Named, std::less<>>;

struct Context {
	Config &config;
	Report &report;
	NameTable classes;
	NameTable sets;
	std::map<std::string, Location> given; // settings that may be given once over all files
	std::uint32_t set_members = 0;
	// False if a class or set could not be read at all: an unknown name is no
	// error then, it may be a consequence.
	bool names_complete = true;
};

// Enters the name of a class or set (`what`). Reports a name that is not
// [A-Za-z0-9_.-], 1 to 32 characters, the first a letter or digit, and one that
// was entered before.
void enter_name(const YamlNode &name, const char *what, std::size_t index, NameTable &names,
		Report &report);

// Looks a class up. Reports what is none.
std::optional<std::uint32_t> find_class(const YamlNode &node, Context &context);

// True if `setting` was not given before; else that is reported.
bool give_once(const YamlNode &key, const std::string &setting, Context &context);

// To be called for each of something that is limited, with the number of those
// so far. Reports the first that is too many.
void check_limit(std::size_t count, std::size_t max, const char *what, Location at, Report &report);

// The names, for did_you_mean().
std::vector<std::string_view> names_of(const NameTable &names);

} // namespace flowmark
