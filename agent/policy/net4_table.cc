// SPDX-License-Identifier: Apache-2.0
#include "policy/net4_table.h"

#include <array>
#include <bit>

namespace flowmark {

namespace {

// A /16 that is not of one class: which of the intervals begin inside it.
struct Bucket {
	std::uint32_t top;    // upper 16 bits
	std::uint32_t outer;  // class in force at its first address
	std::size_t from, to; // intervals [from, to) begin inside
	bool at_first;	      // one of them begins at its first address
};

constexpr unsigned kMaxLog2 = 16;

// The one in force at the first address and those that begin later: at least two.
unsigned log2_entries(const Bucket &bucket)
{
	const std::size_t entries = bucket.to - bucket.from + (bucket.at_first ? 0 : 1);
	return static_cast<unsigned>(std::bit_width(entries - 1));
}

void append_run(const std::vector<Interval<std::uint32_t>> &intervals, const Bucket &bucket,
		std::vector<std::uint32_t> &runs)
{
	const std::size_t end = runs.size() + (std::size_t{1} << log2_entries(bucket));
	runs.push_back(bucket.outer);
	for (std::size_t i = bucket.from; i < bucket.to; i++) {
		const std::uint32_t low = intervals[i].first & 0xffff;
		if (low == 0) // replaces what was in force before
			runs.back() = intervals[i].set;
		else
			runs.push_back(low << 16 | intervals[i].set);
	}
	runs.resize(end, runs.back()); // repeats are found like the original
}

} // namespace

void fill_net4(const std::vector<Interval<std::uint32_t>> &intervals, NetTables &tables)
{
	std::array<std::vector<Bucket>, kMaxLog2 + 1> by_size;
	std::size_t at = 0;
	std::uint32_t current = 0;

	tables.net4_top.resize(1U << 16);
	for (std::uint32_t top = 0; top < 1U << 16; top++) {
		Bucket bucket{top, current, at, at, false};
		bucket.at_first = at < intervals.size() && intervals[at].first == top << 16;
		while (at < intervals.size() && intervals[at].first >> 16 == top)
			current = intervals[at++].set;
		bucket.to = at;
		if (bucket.to - bucket.from <= (bucket.at_first ? 1U : 0U))
			tables.net4_top[top] = current;
		else
			by_size[log2_entries(bucket)].push_back(bucket);
	}
	// Largest first: every run is then aligned to its own size without a gap.
	for (unsigned log2 = kMaxLog2; log2 > 0; log2--)
		for (const Bucket &bucket : by_size[log2]) {
			tables.net4_top[bucket.top] = FM_NET4_RUN | log2 << FM_NET4_LOG2_SHIFT |
						      static_cast<std::uint32_t>(
							      tables.net4_runs.size());
			append_run(intervals, bucket, tables.net4_runs);
		}
}

} // namespace flowmark
