// SPDX-License-Identifier: Apache-2.0
#include "config/coverage.h"

#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "config/host.h"
#include "config/prefix.h"

namespace flowmark {

namespace {

// A step is about a value looked up in a sorted area. 2 million take some 50 ms;
// 1,000 rules that differ in every value need a quarter to a half of that.
constexpr std::size_t kMaxSteps = 2'000'000;
// Larger sets are only compared by name: sorting a million prefixes takes longer
// than loading them.
constexpr std::size_t kMaxSortedSet = 10'000;

bool encloses(const Prefix &outer, const Prefix &inner)
{
	return outer.family == inner.family && outer.length <= inner.length &&
	       mask_prefix(inner, outer.length) == outer;
}

bool encloses(const Range &outer, const Range &inner)
{
	return outer.first <= inner.first && inner.last <= outer.last;
}

bool is_before(const Prefix &a, const Prefix &b)
{
	return std::tie(a.family, a.hi, a.lo, a.length) < std::tie(b.family, b.hi, b.lo, b.length);
}

bool is_before(const Range &a, const Range &b)
{
	return a.first < b.first;
}

// Prefixes are disjoint or enclosed, so there is nothing to extend.
bool extend(Prefix &, const Prefix &)
{
	return false;
}

bool extend(Range &last, const Range &next)
{
	if (next.first > last.last + 1)
		return false;
	last.last = std::max(last.last, next.last);
	return true;
}

template <typename T>
std::vector<T> normalised(std::vector<T> values)
{
	std::sort(values.begin(), values.end(),
		  [](const T &a, const T &b) { return is_before(a, b); });
	std::vector<T> out;
	for (const T &value : values) {
		if (out.empty() || !(encloses(out.back(), value) || extend(out.back(), value)))
			out.push_back(value);
	}
	return out;
}

// Of disjoint values only the last one that does not begin later can enclose it.
template <typename T>
bool encloses_one(const std::vector<T> &sorted, const T &inner)
{
	const auto after = std::upper_bound(sorted.begin(), sorted.end(), inner,
					    [](const T &a, const T &b) { return is_before(a, b); });
	return after != sorted.begin() && encloses(*std::prev(after), inner);
}

std::vector<std::string_view> sorted(const HostNames &names)
{
	std::vector<std::string_view> out(names.begin(), names.end());
	std::sort(out.begin(), out.end());
	return out;
}

// A name is covered by itself and by what stands for all names below a suffix of it; so
// is "*.example.com", whose first label is any.
bool encloses_host(const std::vector<std::string_view> &names, std::string_view inner)
{
	if (std::binary_search(names.begin(), names.end(), inner))
		return true;
	for (std::size_t dot = inner.find('.'); dot != std::string_view::npos;
	     dot = inner.find('.', dot + 1)) {
		const std::string below = std::string(kBelow).append(inner.substr(dot + 1));
		if (std::binary_search(names.begin(), names.end(), below))
			return true;
	}
	return false;
}

const std::vector<Prefix> &members(const Area &area, const Prefix &)
{
	return area.prefixes;
}

const std::vector<Range> &members(const Area &area, const Range &)
{
	return area.ranges;
}

bool is_exact_name(const std::string &pattern)
{
	return pattern.find_first_of("*?[\\") == std::string::npos;
}

} // namespace

Extent Coverage::extent_of(const Values &values)
{
	return {{normalised(values.prefixes), normalised(values.ranges), sorted(values.hosts)},
		&values.names,
		&values.sets};
}

bool Coverage::contains(const Extent &outer, const Extent &inner)
{
	if (++steps_ > kMaxSteps)
		return false;
	if (inner.own.empty() && inner.names->empty() && inner.sets->empty())
		return false;
	return contains_area(outer, inner.own) &&
	       std::all_of(inner.names->begin(), inner.names->end(),
			   [&](const std::string &name) { return contains_name(outer, name); }) &&
	       std::all_of(inner.sets->begin(), inner.sets->end(),
			   [&](std::uint32_t set) { return contains_set(outer, set); });
}

const Area &Coverage::area_of(std::uint32_t set)
{
	std::optional<Area> &area = areas_[set];
	if (!area)
		area = sort_set(config_.sets[set]);
	return *area;
}

Area Coverage::sort_set(const Set &set)
{
	if (set.members() > kMaxSortedSet)
		return {};
	steps_ += set.members();
	return {normalised(set.prefixes), normalised(set.ports), sorted(set.hosts)};
}

template <typename T>
bool Coverage::contains_one(const Extent &outer, const T &inner)
{
	if (++steps_ > kMaxSteps)
		return false;
	if (encloses_one(members(outer.own, inner), inner))
		return true;
	return std::any_of(outer.sets->begin(), outer.sets->end(), [&](std::uint32_t set) {
		steps_++;
		return encloses_one(members(area_of(set), inner), inner);
	});
}

bool Coverage::contains_area(const Extent &outer, const Area &inner)
{
	return std::all_of(inner.prefixes.begin(), inner.prefixes.end(),
			   [&](const Prefix &prefix) { return contains_one(outer, prefix); }) &&
	       std::all_of(inner.ranges.begin(), inner.ranges.end(),
			   [&](const Range &range) { return contains_one(outer, range); }) &&
	       std::all_of(inner.hosts.begin(), inner.hosts.end(),
			   [&](std::string_view host) { return contains_host(outer, host); });
}

// A set too large to be sorted has an empty area, as one without members has.
bool Coverage::contains_set(const Extent &outer, std::uint32_t set)
{
	if (std::find(outer.sets->begin(), outer.sets->end(), set) != outer.sets->end())
		return true;
	const Area &area = area_of(set);
	return !area.empty() && contains_area(outer, area);
}

// A lookup for each label.
bool Coverage::contains_host(const Extent &outer, std::string_view inner)
{
	steps_ += static_cast<std::size_t>(std::count(inner.begin(), inner.end(), '.')) + 1;
	if (steps_ > kMaxSteps)
		return false;
	if (encloses_host(outer.own.hosts, inner))
		return true;
	return std::any_of(outer.sets->begin(), outer.sets->end(), [&](std::uint32_t set) {
		steps_++;
		return encloses_host(area_of(set).hosts, inner);
	});
}

bool Coverage::contains_name(const Extent &outer, const std::string &inner)
{
	return std::any_of(outer.names->begin(), outer.names->end(), [&](const std::string &name) {
		steps_++;
		return name == inner || name == "*" ||
		       (is_exact_name(inner) && fnmatch(name.c_str(), inner.c_str(), 0) == 0);
	});
}

} // namespace flowmark
