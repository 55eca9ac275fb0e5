// SPDX-License-Identifier: Apache-2.0
// Do the values of one condition contain those of another?
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace flowmark {

// Prefixes and ranges, sorted and without those that others contain; names, sorted.
struct Area {
	std::vector<Prefix> prefixes;
	std::vector<Range> ranges;
	std::vector<std::string_view> hosts;

	[[nodiscard]] bool empty() const
	{
		return prefixes.empty() && ranges.empty() && hosts.empty();
	}
};

// The values of one condition of one rule, ready to be compared.
struct Extent {
	Area own;
	const std::vector<std::string> *names = nullptr;
	const std::vector<std::uint32_t> *sets = nullptr;
};

// Compares extents of one config, which has to outlive it. Works within a budget
// of steps; when that is used up every answer is "no".
class Coverage {
      public:
	explicit Coverage(const Config &config) : config_(config), areas_(config.sets.size()) {}

	static Extent extent_of(const Values &values);

	// True only if each value of `inner` is in `outer`, and `inner` has one.
	bool contains(const Extent &outer, const Extent &inner);

      private:
	const Area &area_of(std::uint32_t set);
	Area sort_set(const Set &set);
	bool contains_area(const Extent &outer, const Area &inner);
	bool contains_set(const Extent &outer, std::uint32_t set);
	template <typename T>
	bool contains_one(const Extent &outer, const T &inner);
	bool contains_host(const Extent &outer, std::string_view inner);
	bool contains_name(const Extent &outer, const std::string &inner);

	const Config &config_;
	std::vector<std::optional<Area>> areas_; // of the sets, made when first needed
	std::size_t steps_ = 0;
};

} // namespace flowmark
