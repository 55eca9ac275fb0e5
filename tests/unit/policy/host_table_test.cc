// SPDX-License-Identifier: Apache-2.0
// The table of names against a scan over the names, by the packet path's own code and by
// the agent's.
#include "policy/host_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <unordered_set>

#include <fmt/format.h>

#include "host/host_tables.h"
#include "names/name.h"
#include "policy/host_hash.h"

namespace flowmark::test {

namespace {

using Groups = std::vector<HostNames>;
using Found = std::vector<std::uint32_t>;

HostNames group(const std::vector<std::string> &names)
{
	HostNames out;
	for (const std::string &name : names)
		out.add(name);
	return out;
}

std::vector<HostGroup> pointers(const Groups &groups)
{
	std::vector<HostGroup> out;
	for (const HostNames &names : groups)
		out.push_back(&names);
	return out;
}

// The last one made is the one that the packet path's code finds.
class Table {
      public:
	explicit Table(const Groups &groups)
	{
		auto built = build_host_table(pointers(groups));
		if (!built)
			throw std::runtime_error(built.error().message);
		tables_.hosts = *built;
		tables_.policy = std::make_unique<fm_policy>();
		tables_.policy->host_log2 = tables_.hosts->log2;
		host_ = std::make_unique<HostTables>(tables_);
	}

	// The groups that the name is in.
	[[nodiscard]] const Found &find(std::string_view text) const
	{
		const fm_name name = make_name(text, FM_EVIDENCE_SNI);
		const std::uint32_t number = host_name_class(&name);
		EXPECT_EQ(host_class(*tables_.hosts, text), number) << text;
		return tables_.hosts->classes.at(number);
	}
	[[nodiscard]] const HostTable &operator*() const { return *tables_.hosts; }

      private:
	PolicyTables tables_;
	std::unique_ptr<HostTables> host_;
};

bool covers(std::string_view listed, std::string_view name)
{
	if (!listed.starts_with("*."))
		return listed == name;
	return name.size() >= listed.size() && name.ends_with(listed.substr(1));
}

bool covers_one(const HostNames &group, std::string_view name)
{
	for (const std::string_view listed : group)
		if (covers(listed, name))
			return true;
	return false;
}

Found scan(const Groups &groups, std::string_view name)
{
	Found found;
	for (std::uint32_t g = 0; g < groups.size(); g++)
		if (covers_one(groups[g], name))
			found.push_back(g);
	return found;
}

std::string repeat(int count, const char *text)
{
	std::string out;
	while (count-- > 0)
		out += text;
	return out;
}

TEST(HostTable, none_gives_class_0)
{
	const Table table(Groups{});
	EXPECT_EQ(table.find("example.com"), Found{});
	EXPECT_EQ((*table).classes.size(), 1u);
}

TEST(HostTable, a_suffix_covers_what_is_below_and_not_itself)
{
	const Table table(Groups{group({"*.example.com"})});
	EXPECT_EQ(table.find("example.com"), Found{});
	EXPECT_EQ(table.find("www.example.com"), Found{0});
	EXPECT_EQ(table.find("a.b.c.example.com"), Found{0});
	EXPECT_EQ(table.find("wwwexample.com"), Found{});
	EXPECT_EQ(table.find("example.com.org"), Found{});
	EXPECT_EQ(table.find("com"), Found{});
}

TEST(HostTable, a_longer_suffix_and_a_name_contain_the_shorter_ones)
{
	const Table table(Groups{group({"*.com"}), group({"*.b.com", "b.com"}), group({"a.b.com"}),
				 group({"c.b.com", "*.org"})});
	EXPECT_EQ(table.find("com"), Found{});
	EXPECT_EQ(table.find("x.com"), Found{0});
	EXPECT_EQ(table.find("b.com"), (Found{0, 1}));
	EXPECT_EQ(table.find("x.b.com"), (Found{0, 1}));
	EXPECT_EQ(table.find("a.b.com"), (Found{0, 1, 2}));
	EXPECT_EQ(table.find("c.b.com"), (Found{0, 1, 3}));
	EXPECT_EQ(table.find("x.a.b.com"), (Found{0, 1}));
	EXPECT_EQ(table.find("b.org"), Found{3});
}

TEST(HostTable, a_name_given_twice_counts_once)
{
	const Table table(Groups{group({"a.com", "a.com", "*.com", "a.com"}), group({"a.com"})});
	EXPECT_EQ(table.find("a.com"), (Found{0, 1}));
	EXPECT_EQ((*table).names, 2u);
	EXPECT_EQ((*table).classes.size(), 3u);
}

TEST(HostTable, sixteen_labels_below_are_found_however_long_the_name)
{
	const std::string suffix = repeat(15, "b.") + "com";
	const Table table(Groups{group({"*." + suffix}), group({"*." + suffix.substr(2)})});
	EXPECT_EQ(table.find("a." + suffix), (Found{0, 1}));
	EXPECT_EQ(table.find(repeat(90, "x.") + suffix), (Found{0, 1}));
	EXPECT_EQ(table.find(suffix), Found{1});
}

// Labels from a small pool: names that lie below, beside and above one another.
std::string random_name(std::mt19937_64 &random, std::size_t letters)
{
	std::string name;
	for (auto labels = 1 + random() % 4; labels > 0; labels--)
		name += fmt::format("{}{}", name.empty() ? "" : ".", random() % letters);
	return name;
}

TEST(HostTable, agrees_with_a_scan)
{
	std::mt19937_64 random(20261123);
	for (const std::size_t size : {1U, 3U, 12U, 200U, 2000U}) {
		const std::size_t letters = 2 + size / 20;
		Groups groups(5);
		for (std::size_t i = 0; i < size; i++)
			groups[random() % 5].add((random() % 3 ? "" : "*.") +
						 random_name(random, letters));
		const Table table(groups);
		for (int i = 0; i < 2000; i++) {
			const std::string name = random_name(random, letters);
			ASSERT_EQ(table.find(name), scan(groups, name)) << name;
		}
	}
}

TEST(HostTable, a_million_names_are_found_and_none_is_invented)
{
	std::mt19937_64 random(11);
	Groups groups(3);
	std::unordered_set<std::string> listed;
	while (listed.size() < FM_MAX_SET_MEMBERS) {
		const std::string name = fmt::format("{:x}.cdn{}.example", random() >> 24,
						     random() % 100);
		if (listed.insert(name).second)
			groups[listed.size() % 2].add(name);
	}
	groups[2].add("*.cdn7.example");
	const Table table(groups);
	EXPECT_EQ((*table).names, FM_MAX_SET_MEMBERS + 1);
	EXPECT_EQ((*table).log2, 18U) << "16 MB";
	EXPECT_EQ((*table).classes.size(), 6u); // each with and without the third, and that alone
	for (std::uint32_t g = 0; g < 2; g++)
		for (const std::string_view name : groups[g])
			ASSERT_EQ(table.find(name),
				  (name.ends_with(".cdn7.example") ? Found{g, 2} : Found{g}));
	for (int i = 0; i < 200000; i++) {
		const std::string name = fmt::format("{:x}.cdn{}.example", random() >> 24,
						     random() % 100);
		if (listed.contains(name))
			continue;
		ASSERT_EQ(table.find(name), (name.ends_with(".cdn7.example") ? Found{2} : Found{}))
			<< name;
	}
}

TEST(HostTable, is_at_most_half_full_and_the_same_every_time)
{
	Groups groups(1);
	for (int i = 0; i < 100000; i++)
		groups[0].add(fmt::format("host{}.example", i));
	const Table one(groups), two(groups);
	EXPECT_EQ((*one).entries, (*two).entries);
	EXPECT_EQ((*one).entries.size(), std::size_t{FM_HOST_BUCKET} << (*one).log2);
	EXPECT_LE(2 * 100000, static_cast<int>((*one).entries.size()));
	EXPECT_GE(8 * 100000, static_cast<int>((*one).entries.size()));
}

TEST(HostTable, more_classes_than_fit_are_an_error)
{
	Groups groups(17); // every number's bits are groups of its name
	for (std::uint32_t i = 1; i <= FM_MAX_HOSTS; i++)
		for (std::uint32_t bit = 0; bit < 17; bit++)
			if (i >> bit & 1)
				groups[bit].add(fmt::format("n{}", i));
	const auto built = build_host_table(pointers(groups));
	ASSERT_FALSE(built);
	EXPECT_EQ(built.error().message, "found 65536 different overlaps of the rules' host names, "
					 "expected at most 65535");
}

// Two names that a search of 2^25 found: the upper 48 bits of their hashes are equal.
TEST(HostTable, names_with_equal_tags_are_told_apart)
{
	const char *const one = "n10f60b.example", *const other = "n1cf09b.example";
	ASSERT_EQ(hash_host(one) >> 16, hash_host(other) >> 16);
	{
		const Table together(Groups{group({one, other})});
		EXPECT_EQ(together.find(one), Found{0});
		EXPECT_EQ(together.find(other), Found{0});
		EXPECT_EQ((*together).log2, 0u);
	}
	const Table apart(Groups{group({one}), group({other})});
	EXPECT_EQ(apart.find(one), Found{0});
	EXPECT_EQ(apart.find(other), Found{1});
	EXPECT_EQ((*apart).log2, 2u) << "grown until the low bits tell them apart";
}

// A collision of FNV-1a that is known; no host name has such letters.
TEST(HostTable, names_with_the_same_hash_are_an_error)
{
	std::string one = "8yn0iYCKYHlIj4-BwPqk", other = "GReLUrM4wMqfg9yzV3KQ";
	std::reverse(one.begin(), one.end());
	std::reverse(other.begin(), other.end());
	ASSERT_EQ(hash_host(one), hash_host(other));
	const Groups groups{group({one, other})};
	const auto built = build_host_table(pointers(groups));
	ASSERT_FALSE(built);
	EXPECT_EQ(built.error().message,
		  "found the host names '" + one + "' and '" + other +
			  "', which have the same hash, expected one of them");
}

TEST(HostTable, equal_groups_have_equal_fingerprints)
{
	const HostNames one = group({"a.com", "b.com"}), two = group({"a.com", "*.b.com"}),
			joined = group({"a.comb.com"});
	const auto print = [](std::vector<HostGroup> groups) { return fingerprint(groups); };
	EXPECT_EQ(print({&one, &two}), print({&one, &two}));
	EXPECT_NE(print({&one, &two}), print({&two, &one}));
	EXPECT_NE(print({&one, &two}), print({&one}));
	EXPECT_NE(print({&one}), print({&joined}));
}

} // namespace

} // namespace flowmark::test
