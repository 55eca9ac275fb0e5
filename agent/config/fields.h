// SPDX-License-Identifier: Apache-2.0
// Walking a YAML tree and saying what was found where something else was expected.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"
#include "config/text.h"
#include "config/yaml.h"

namespace flowmark {

// For "found X": a scalar's quoted text, "nothing", "a list", "a mapping".
std::string describe(const YamlNode &node);

// Reports "found what `node` is, expected ...".
void refuse(const YamlNode &node, std::string_view expected, Report &report);

// True if the node is of that kind; else that is reported.
bool expect_list(const YamlNode &node, std::string_view expected, Report &report);
bool expect_map(const YamlNode &node, std::string_view expected, Report &report);
bool expect_scalar(const YamlNode &node, std::string_view expected, Report &report);

// Calls `each` for a scalar, or for every scalar of a list. Reports an empty
// list unless it `may_be_empty`, and whatever else is no scalar.
enum class EmptyList { refused, allowed };
void each_scalar(const YamlNode &node, std::string_view expected, EmptyList empty, Report &report,
		 const std::function<void(const YamlNode &)> &each);

struct YamlEntry {
	const YamlNode *key;
	const YamlNode *value;
};

// A mapping with known keys.
class Fields {
      public:
	// Reports what is no mapping, unknown keys and keys given twice. `what`
	// names it ("a rule"). All that the arguments refer to has to
	// outlive this object.
	Fields(const YamlNode &node, std::string_view what, Words known, Report &report);

	// The first entry of that key, or nothing. REQUIRES: `key` is a known one
	[[nodiscard]] const YamlEntry *find(std::string_view key) const;
	// The same; reports it if it is missing.
	[[nodiscard]] const YamlEntry *require(std::string_view key) const;

      private:
	void add(const YamlEntry &entry);

	const YamlNode &node_;
	std::string_view what_;
	const Words known_;
	Report &report_;
	std::vector<YamlEntry> entries_; // one per known key; a key of nullptr: not given
};

} // namespace flowmark
