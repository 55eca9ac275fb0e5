// SPDX-License-Identifier: Apache-2.0
// The prefix tables against a scan over the prefixes, and their edges.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "config/scalars.h"
#include "host/host_tables.h"

namespace flowmark::test {

namespace {

using Groups = std::vector<std::vector<Prefix>>;

class Tables {
      public:
	explicit Tables(const Groups &groups)
	{
		std::vector<PrefixGroup> spans(groups.begin(), groups.end());
		auto built = build_net_tables(spans);
		EXPECT_TRUE(built.ok());
		tables_.nets = *built;
		tables_.policy = std::make_unique<fm_policy>();
		tables_.policy->net6_nodes = tables_.nets->net6_nodes;
		std::copy(tables_.nets->net4_top.begin(), tables_.nets->net4_top.end(),
			  tables_.policy->net4);
		host_ = std::make_unique<HostTables>(tables_);
	}

	// The groups that the address lies in.
	[[nodiscard]] std::vector<std::uint32_t> find(const Prefix &address) const
	{
		const __u64 words[2] = {address.hi, address.lo};
		return tables_.nets->classes.at(host_net_class(address.family, words));
	}
	[[nodiscard]] const NetTables &nets() const { return *tables_.nets; }

      private:
	PolicyTables tables_;
	std::unique_ptr<HostTables> host_;
};

Prefix at(const char *text)
{
	const auto prefix = parse_prefix(text);
	EXPECT_TRUE(prefix) << text;
	return prefix.value_or(Prefix{});
}

bool covers(const Prefix &prefix, const Prefix &address)
{
	if (prefix.family != address.family)
		return false;
	if (prefix.family == 4)
		return prefix.length == 0 || (prefix.lo ^ address.lo) >> (32 - prefix.length) == 0;
	if (prefix.length <= 64)
		return prefix.length == 0 || (prefix.hi ^ address.hi) >> (64 - prefix.length) == 0;
	return prefix.hi == address.hi && (prefix.lo ^ address.lo) >> (128 - prefix.length) == 0;
}

std::vector<std::uint32_t> scan(const Groups &groups, const Prefix &address)
{
	std::vector<std::uint32_t> found;
	for (std::uint32_t g = 0; g < groups.size(); g++)
		if (std::any_of(groups[g].begin(), groups[g].end(),
				[&](const Prefix &prefix) { return covers(prefix, address); }))
			found.push_back(g);
	return found;
}

using Found = std::vector<std::uint32_t>;

TEST(NetTables, none_gives_class_0_everywhere)
{
	const Tables tables(Groups{});
	EXPECT_EQ(tables.find(at("192.0.2.1")), Found{});
	EXPECT_EQ(tables.find(at("2001:db8::1")), Found{});
}

TEST(NetTables, edges_of_v4_prefixes)
{
	const Tables tables(Groups{{at("192.0.2.0/24")},
				   {at("192.0.2.128/25"), at("0.0.0.0/32")},
				   {at("255.255.255.255/32")}});
	EXPECT_EQ(tables.find(at("192.0.1.255")), Found{});
	EXPECT_EQ(tables.find(at("192.0.2.0")), Found{0});
	EXPECT_EQ(tables.find(at("192.0.2.127")), Found{0});
	EXPECT_EQ(tables.find(at("192.0.2.128")), (Found{0, 1}));
	EXPECT_EQ(tables.find(at("192.0.2.255")), (Found{0, 1}));
	EXPECT_EQ(tables.find(at("192.0.3.0")), Found{});
	EXPECT_EQ(tables.find(at("0.0.0.0")), Found{1});
	EXPECT_EQ(tables.find(at("0.0.0.1")), Found{});
	EXPECT_EQ(tables.find(at("255.255.255.254")), Found{});
	EXPECT_EQ(tables.find(at("255.255.255.255")), Found{2});
}

TEST(NetTables, everything_and_one_hole)
{
	const Tables tables(Groups{{at("0.0.0.0/0"), at("::/0")}, {at("10.0.0.0/8")}});
	EXPECT_EQ(tables.find(at("9.255.255.255")), Found{0});
	EXPECT_EQ(tables.find(at("10.255.255.255")), (Found{0, 1}));
	EXPECT_EQ(tables.find(at("11.0.0.0")), Found{0});
	EXPECT_EQ(tables.find(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), Found{0});
}

TEST(NetTables, a_full_slash_16_of_single_addresses)
{
	std::vector<Prefix> odd;
	for (std::uint32_t low = 1; low < 65536; low += 2)
		odd.push_back({0, 0x0a010000U | low, 32, 4});
	const Tables tables(Groups{odd});
	EXPECT_EQ(tables.find(at("10.1.0.0")), Found{});
	EXPECT_EQ(tables.find(at("10.1.255.255")), Found{0});
	EXPECT_EQ(tables.find(at("10.1.255.254")), Found{});
	EXPECT_EQ(tables.find(at("10.1.128.1")), Found{0});
	EXPECT_EQ(tables.find(at("10.2.0.1")), Found{});
}

TEST(NetTables, both_halves_of_v6)
{
	const Tables tables(Groups{{at("2001:db8::/32")},
				   {at("2001:db8:0:1::/64")},
				   {at("2001:db8:0:1::5/128"), at("2001:db8:0:1:8000::/65")},
				   {at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128")}});
	EXPECT_EQ(tables.find(at("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff")), Found{});
	EXPECT_EQ(tables.find(at("2001:db8::")), Found{0});
	EXPECT_EQ(tables.find(at("2001:db8:0:1::4")), (Found{0, 1}));
	EXPECT_EQ(tables.find(at("2001:db8:0:1::5")), (Found{0, 1, 2}));
	EXPECT_EQ(tables.find(at("2001:db8:0:1::6")), (Found{0, 1}));
	EXPECT_EQ(tables.find(at("2001:db8:0:1:8000::")), (Found{0, 1, 2}));
	EXPECT_EQ(tables.find(at("2001:db8:0:2::")), Found{0});
	EXPECT_EQ(tables.find(at("2001:db9::")), Found{});
	EXPECT_EQ(tables.find(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")), Found{});
	EXPECT_EQ(tables.find(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), Found{3});
}

Prefix random_prefix(std::mt19937_64 &random)
{
	Prefix prefix;
	prefix.family = random() & 1 ? 4 : 6;
	const unsigned width = prefix.family == 4 ? 32 : 128;
	prefix.length = static_cast<std::uint8_t>(width - random() % (random() & 1 ? 8 : width));
	prefix.hi = prefix.family == 4 ? 0 : 0x20010db800000000U | random() % 16;
	prefix.lo = prefix.family == 4 ? 0xc0000000U | random() % 0x40000 : random();
	if (prefix.family == 4)
		prefix.lo &= ~0ULL << (32 - prefix.length);
	else if (prefix.length <= 64)
		prefix = {prefix.hi & ~0ULL << (64 - prefix.length), 0, prefix.length, 6};
	else
		prefix.lo &= ~0ULL << (128 - prefix.length);
	return prefix;
}

TEST(NetTables, agree_with_a_scan)
{
	std::mt19937_64 random(7);
	for (const std::size_t size : {1U, 3U, 12U, 200U, 2000U}) {
		Groups groups(5);
		for (std::size_t i = 0; i < size; i++)
			groups[random() % 5].push_back(random_prefix(random));
		const Tables tables(groups);
		for (int i = 0; i < 2000; i++) {
			Prefix address = groups[random() % 5].empty() || i & 1
						 ? random_prefix(random)
					 : groups[0].empty()
						 ? random_prefix(random)
						 : groups[0][random() % groups[0].size()];
			address.lo += random() % 3 - 1; // around the edges
			if (address.family == 4)
				address.lo &= 0xffffffffU;
			ASSERT_EQ(tables.find(address), scan(groups, address));
		}
	}
}

TEST(NetTables, a_million_prefixes_of_one_set)
{
	std::mt19937_64 random(11);
	Groups groups(1);
	for (std::uint32_t i = 0; i < FM_MAX_SET_MEMBERS; i++)
		groups[0].push_back({0, random() & 0xffffffffU, 32, 4});
	const Tables tables(groups);
	for (int i = 0; i < 1000; i++)
		ASSERT_EQ(tables.find(groups[0][random() % groups[0].size()]), Found{0});
	EXPECT_EQ(tables.nets().classes.size(), 2U);
	EXPECT_LT(tables.nets().net4_runs.size(), 5U * FM_MAX_SET_MEMBERS);
}

TEST(NetTables, equal_groups_have_equal_fingerprints)
{
	const std::vector<Prefix> one{at("192.0.2.0/24")}, two{at("192.0.2.0/25")};
	const std::vector<PrefixGroup> a{one, two}, b{one, two}, c{two, one}, d{one};
	EXPECT_EQ(fingerprint(a), fingerprint(b));
	EXPECT_NE(fingerprint(a), fingerprint(c));
	EXPECT_NE(fingerprint(a), fingerprint(d));
}

} // namespace

} // namespace flowmark::test
