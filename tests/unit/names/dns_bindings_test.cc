// SPDX-License-Identifier: Apache-2.0
#include "names/dns_bindings.h"

#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "names/name.h"

namespace flowmark {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr AddressWords kClient = {0, 0xc0000207};
constexpr AddressWords kOther = {0, 0xc0000208};

class RecordingSink : public BindingSink {
      public:
	void put(const fm_binding_key &key, const fm_binding &binding) override
	{
		puts++;
		bindings[{key.client[0], key.client[1], key.server[0], key.server[1]}] = binding;
	}
	void put_public_name(std::uint64_t hash) override { public_names.push_back(hash); }

	// What `client` has for 192.0.2.<last>.
	const fm_binding &of(const AddressWords &client, std::uint64_t last)
	{
		return bindings.at({client[0], client[1], 0, 0xc0000200 + last});
	}

	unsigned puts = 0;
	std::map<std::array<std::uint64_t, 4>, fm_binding> bindings;
	std::vector<std::uint64_t> public_names;
};

DnsBinding to(std::uint8_t last, std::uint32_t ttl = 300)
{
	DnsBinding binding;
	binding.address.bytes = {192, 0, 2, last};
	binding.ttl = ttl;
	return binding;
}

DnsAnswer answer(const std::string &name, std::vector<DnsBinding> bindings)
{
	return {name, std::move(bindings), {}, 0};
}

DnsAnswer https(const std::string &name, std::vector<DnsBinding> hints = {},
		const std::string &public_name = "ech.example")
{
	return {name, std::move(hints), {public_name}, 300};
}

struct DnsBindingsTest : testing::Test {
	RecordingSink sink;
	DnsBindings bindings{sink, {60, 1000, 4}};
};

} // namespace

TEST(ToWords, as_the_packet_path_has_addresses)
{
	DnsAddress address;
	address.bytes = {192, 0, 2, 7};
	EXPECT_EQ(to_words(address), (AddressWords{0, 0xc0000207}));
	address.family = 6;
	address.bytes = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 3};
	EXPECT_EQ(to_words(address), (AddressWords{0x20010db800000001, 0x203}));
}

TEST_F(DnsBindingsTest, each_address_of_the_answer_for_this_client)
{
	bindings.learn(kClient, answer("www.example.com", {to(1), to(2, 500)}), 5 * kSecond);
	ASSERT_EQ(sink.bindings.size(), 2u);
	EXPECT_EQ(sink.of(kClient, 1).expires_ns, 305 * kSecond);
	EXPECT_EQ(sink.of(kClient, 2).expires_ns, 505 * kSecond);
	EXPECT_EQ(sink.of(kClient, 1).public_name, 0u);
	EXPECT_STREQ(sink.of(kClient, 1).name.text, "www.example.com");
	EXPECT_EQ(sink.of(kClient, 1).name.whole, hash_name("www.example.com"));
	EXPECT_EQ(sink.of(kClient, 1).name.evidence, FM_EVIDENCE_DNS);
	EXPECT_TRUE(sink.public_names.empty());
}

TEST_F(DnsBindingsTest, ttl_has_a_floor_and_a_ceiling)
{
	bindings.learn(kClient, answer("a.example", {to(1, 0), to(2, 60), to(3, 5000)}), 0);
	EXPECT_EQ(sink.of(kClient, 1).expires_ns, 60 * kSecond);
	EXPECT_EQ(sink.of(kClient, 2).expires_ns, 60 * kSecond);
	EXPECT_EQ(sink.of(kClient, 3).expires_ns, 1000 * kSecond);
	bindings.set_ttl_limits(1, UINT32_MAX);
	bindings.learn(kClient, answer("a.example", {to(1, 0), to(2, UINT32_MAX)}), 0);
	EXPECT_EQ(sink.of(kClient, 1).expires_ns, 1 * kSecond);
	EXPECT_EQ(sink.of(kClient, 2).expires_ns, UINT32_MAX * kSecond);
}

TEST_F(DnsBindingsTest, same_answer_again_is_written_again)
{
	bindings.learn(kClient, answer("a.example", {to(1)}), 0);
	bindings.learn(kClient, answer("a.example", {to(1)}), 10 * kSecond);
	EXPECT_EQ(sink.puts, 2u);
	EXPECT_EQ(sink.of(kClient, 1).expires_ns, 310 * kSecond);
}

TEST_F(DnsBindingsTest, public_name_before_the_addresses)
{
	bindings.learn(kClient, https("a.example", {to(9)}), 0);
	EXPECT_EQ(sink.of(kClient, 9).public_name, hash_name("ech.example"));
	bindings.learn(kClient, answer("a.example", {to(1)}), 1);
	EXPECT_EQ(sink.of(kClient, 1).public_name, hash_name("ech.example"));
	EXPECT_EQ(sink.public_names, std::vector{hash_name("ech.example")});
}

TEST_F(DnsBindingsTest, public_name_behind_the_addresses)
{
	bindings.learn(kClient, answer("a.example", {to(1), to(2)}), 0);
	bindings.learn(kClient, https("a.example"), kSecond);
	for (const std::uint64_t last : {1, 2}) {
		EXPECT_EQ(sink.of(kClient, last).public_name, hash_name("ech.example"));
		EXPECT_EQ(sink.of(kClient, last).expires_ns, 300 * kSecond);
		EXPECT_STREQ(sink.of(kClient, last).name.text, "a.example");
	}
}

TEST_F(DnsBindingsTest, public_name_is_of_this_client_and_this_name)
{
	bindings.learn(kOther, answer("a.example", {to(1)}), 0);
	bindings.learn(kClient, answer("b.example", {to(2)}), 0);
	bindings.learn(kClient, https("a.example"), 1);
	EXPECT_EQ(sink.of(kOther, 1).public_name, 0u);
	EXPECT_EQ(sink.of(kClient, 2).public_name, 0u);
}

TEST_F(DnsBindingsTest, public_name_ends_with_its_time)
{
	bindings.learn(kClient, https("a.example"), 0);
	bindings.learn(kClient, answer("a.example", {to(1)}), 300 * kSecond);
	EXPECT_EQ(sink.of(kClient, 1).public_name, 0u);
}

TEST_F(DnsBindingsTest, addresses_that_another_name_took_stay_with_it)
{
	bindings.learn(kClient, https("a.example"), 0);
	bindings.learn(kClient, answer("a.example", {to(1)}), 1);
	bindings.learn(kClient, answer("b.example", {to(1)}), 2);
	bindings.learn(kClient, https("a.example", {to(2)}), 3);
	EXPECT_STREQ(sink.of(kClient, 1).name.text, "b.example");
	EXPECT_STREQ(sink.of(kClient, 2).name.text, "a.example");
}

TEST_F(DnsBindingsTest, every_public_name_is_known_and_the_first_is_the_binding_s)
{
	DnsAnswer answer = https("a.example", {to(1)});
	answer.public_names.push_back("b.example");
	bindings.learn(kClient, answer, 0);
	EXPECT_EQ(sink.public_names,
		  (std::vector{hash_name("ech.example"), hash_name("b.example")}));
	EXPECT_EQ(sink.of(kClient, 1).public_name, hash_name("ech.example"));
}

TEST_F(DnsBindingsTest, addresses_of_the_past_are_not_bound_again)
{
	bindings.learn(kClient, answer("a.example", {to(1, 60)}), 0);
	const unsigned before = sink.puts;
	bindings.learn(kClient, https("a.example"), 60 * kSecond);
	EXPECT_EQ(sink.puts, before);
}

TEST_F(DnsBindingsTest, names_used_last_are_remembered)
{
	bindings.learn(kClient, answer("a.example", {to(1)}), 0);
	bindings.learn(kClient, answer("b.example", {to(2)}), 0);
	for (const char *name : {"c.example", "d.example"})
		bindings.learn(kClient, answer(name, {to(3)}), 0);
	bindings.learn(kClient, answer("a.example", {to(1)}), 0);
	bindings.learn(kClient, answer("e.example", {to(4)}), 0); // b has to go
	bindings.learn(kClient, https("a.example"), 1);
	bindings.learn(kClient, https("b.example"), 1);
	EXPECT_NE(sink.of(kClient, 1).public_name, 0u);
	EXPECT_EQ(sink.of(kClient, 2).public_name, 0u);
}

TEST_F(DnsBindingsTest, newest_addresses_of_a_name_are_remembered)
{
	for (std::uint8_t last = 1; last <= 65; last++)
		bindings.learn(kClient, answer("a.example", {to(last)}), 0);
	bindings.learn(kClient, https("a.example"), 1);
	EXPECT_EQ(sink.of(kClient, 1).public_name, 0u);
	EXPECT_NE(sink.of(kClient, 2).public_name, 0u);
	EXPECT_NE(sink.of(kClient, 65).public_name, 0u);
}

TEST_F(DnsBindingsTest, what_is_no_name_binds_nothing)
{
	bindings.learn(kClient, answer(std::string(256, 'a'), {to(1)}), 0);
	EXPECT_EQ(sink.puts, 0u);
}

} // namespace flowmark
