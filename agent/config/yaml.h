// SPDX-License-Identifier: Apache-2.0
// YAML text to a tree that keeps what yaml-cpp's own nodes lose: the place of
// everything, keys given twice, and the words as they were written (yes, 010).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/report.h"

namespace flowmark {

struct YamlNode {
	enum class Kind : std::uint8_t { null, scalar, list, map };

	Kind kind = Kind::null;
	Location at;	  // of a value that is missing: of its key
	std::string text; // of a scalar
	// Of a list: its values. Of a map: key, value, key, value, as written. An
	// alias is the node that it stands for, so a node can have several parents.
	std::vector<const YamlNode *> items;
	// Nodes of this branch, aliases followed.
	std::size_t weight = 1;
};

// Owns the nodes. Move-only: the nodes of a copy would point into the original.
struct YamlTree {
	YamlTree() = default;
	YamlTree(YamlTree &&) = default;
	YamlTree &operator=(YamlTree &&) = default;
	YamlTree(const YamlTree &) = delete;
	YamlTree &operator=(const YamlTree &) = delete;
	~YamlTree() = default;

	std::deque<YamlNode> nodes;
	const YamlNode *root = nullptr;
};

// The one document of `text`, or nothing and at least one error in `report`.
// Takes any bytes. What its aliases stand for is bounded, so a tree can be
// walked like the text that it came from.
std::optional<YamlTree> parse_yaml(const std::string &text, std::uint32_t file, Report &report);

} // namespace flowmark
