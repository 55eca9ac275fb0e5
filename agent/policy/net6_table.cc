// SPDX-License-Identifier: Apache-2.0
#include "policy/net6_table.h"

namespace flowmark {

namespace {

struct Entry {
	std::uint64_t first;
	std::uint32_t value;
};

// Lays sorted entries out as an implicit B-tree: node i's children are
// 11 i + 1 ... 11 i + 11, so no pointers are stored.
class TreeWriter {
      public:
	TreeWriter(const std::vector<Entry> &entries, fm_net6_node *nodes, std::size_t count)
		: entries_(entries), nodes_(nodes), count_(count)
	{}

	void write(std::size_t node = 0)
	{
		if (node >= count_)
			return;
		for (std::size_t k = 0; k < FM_NET6_KEYS; k++) {
			write(child(node, k));
			put(nodes_[node], k);
		}
		write(child(node, FM_NET6_KEYS));
	}

      private:
	static std::size_t child(std::size_t node, std::size_t k)
	{
		return node * (FM_NET6_KEYS + 1) + 1 + k;
	}

	// Past the end: a key that only the last address reaches, with its value.
	void put(fm_net6_node &node, std::size_t k)
	{
		const bool more = next_ < entries_.size();
		node.key[k] = more ? entries_[next_].first : ~std::uint64_t{0};
		node.value[k] = more ? entries_[next_].value : entries_.back().value;
		next_ += more ? 1 : 0;
	}

	const std::vector<Entry> &entries_;
	fm_net6_node *nodes_;
	std::size_t count_;
	std::size_t next_ = 0;
};

// Appends a tree of `entries` at node index `at` and returns its node count.
std::uint32_t write_tree(const std::vector<Entry> &entries, std::size_t at,
			 std::vector<fm_net6_node> &nodes)
{
	const std::size_t count = (entries.size() + FM_NET6_KEYS - 1) / FM_NET6_KEYS;
	if (nodes.size() < at + count)
		nodes.resize(at + count);
	TreeWriter(entries, &nodes[at], count).write();
	nodes[at].nodes = static_cast<std::uint32_t>(count);
	return static_cast<std::uint32_t>(count);
}

std::uint64_t upper(Address6 address)
{
	return static_cast<std::uint64_t>(address >> 64);
}

// The intervals as the first tree sees them. `split` receives the entries of
// those upper halves that are not of one class; its values are indexes into it.
struct Halves {
	std::vector<Entry> upper;
	std::vector<std::vector<Entry>> split;
};

void add_half(const std::vector<Interval<Address6>> &intervals, std::size_t from, std::size_t to,
	      std::uint32_t outer, Halves &halves)
{
	const std::uint64_t half = upper(intervals[from].first);
	std::vector<Entry> lower;
	if (static_cast<std::uint64_t>(intervals[from].first) != 0)
		lower.push_back({0, outer});
	for (std::size_t i = from; i < to; i++)
		lower.push_back({static_cast<std::uint64_t>(intervals[i].first), intervals[i].set});
	if (lower.size() == 1) {
		halves.upper.push_back({half, lower.front().value});
		return;
	}
	const std::uint32_t after = lower.back().value;
	halves.upper.push_back(
		{half, FM_NET6_TREE | static_cast<std::uint32_t>(halves.split.size())});
	halves.split.push_back(std::move(lower));
	const bool next_begins = to < intervals.size() && upper(intervals[to].first) == half + 1;
	if (half != ~std::uint64_t{0} && !next_begins)
		halves.upper.push_back({half + 1, after});
}

Halves split_halves(const std::vector<Interval<Address6>> &intervals)
{
	Halves halves;
	std::uint32_t outer = 0;
	for (std::size_t from = 0; from < intervals.size();) {
		std::size_t to = from + 1;
		while (to < intervals.size() &&
		       upper(intervals[to].first) == upper(intervals[from].first))
			to++;
		add_half(intervals, from, to, outer, halves);
		outer = intervals[to - 1].set;
		from = to;
	}
	return halves;
}

} // namespace

void fill_net6(const std::vector<Interval<Address6>> &intervals, NetTables &tables)
{
	Halves halves = split_halves(intervals);
	std::size_t at = (halves.upper.size() + FM_NET6_KEYS - 1) / FM_NET6_KEYS;
	std::vector<std::uint32_t> roots;
	for (const std::vector<Entry> &lower : halves.split) {
		roots.push_back(FM_NET6_TREE | static_cast<std::uint32_t>(at));
		at += write_tree(lower, at, tables.net6);
	}
	for (Entry &entry : halves.upper)
		if (entry.value & FM_NET6_TREE)
			entry.value = roots[entry.value & ~FM_NET6_TREE];
	tables.net6_nodes = write_tree(halves.upper, 0, tables.net6);
}

} // namespace flowmark
