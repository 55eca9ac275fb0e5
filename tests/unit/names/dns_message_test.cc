// SPDX-License-Identifier: Apache-2.0
#include "names/dns_message.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/names/dns_bytes.h"

namespace flowmark {

namespace {

std::string describe(const DnsBinding &binding)
{
	const auto &bytes = binding.address.bytes;
	const std::string last = std::to_string(bytes[binding.address.family == 4 ? 3 : 15]);
	return (binding.address.family == 4 ? "v4:" : "v6:") + last + "/" +
	       std::to_string(binding.ttl);
}

std::string describe(const DnsMessage &message)
{
	std::string text;
	for (const DnsAnswer &answer : message.answers) {
		text += answer.name;
		for (const DnsBinding &binding : answer.bindings)
			text += " " + describe(binding);
		for (const std::string &name : answer.public_names)
			text += " ech:" + name + "/" + std::to_string(answer.public_ttl);
		text += ";";
	}
	return text +
	       (message.problem ? std::string("!") + std::string(to_label(*message.problem)) : "");
}

std::string parse(const DnsBytes &message, bool truncated = false)
{
	return describe(parse_dns(message.bytes, truncated));
}

DnsBytes hint4(std::uint32_t address)
{
	return DnsBytes().u32(address);
}

} // namespace

TEST(DnsMessage, addresses_of_the_name_that_was_asked_for)
{
	DnsBytes message;
	message.header(1, 3).question("WWW.Example.com");
	message.a("www.example.COM", 300, 1).a("www.example.com", 60, 2);
	EXPECT_EQ(parse(message.aaaa("www.example.com", 5, 3)),
		  "www.example.com v4:1/300 v4:2/60 v6:3/5;");
}

TEST(DnsMessage, addresses_of_other_names_are_not_the_name_s)
{
	DnsBytes message;
	message.header(1, 2, 1).question("a.example").a("a.example", 9, 1);
	EXPECT_EQ(parse(message.a("b.example", 9, 2).a("a.example", 9, 3)), "a.example v4:1/9;");
}

TEST(DnsMessage, cname_chain_in_any_order_with_the_least_ttl)
{
	DnsBytes message;
	message.header(1, 3).question("a.example");
	message.a("c.example", 300, 1).cname("b.example", 20, "c.example");
	EXPECT_EQ(parse(message.cname("a.example", 60, "b.example")), "a.example v4:1/20;");
}

TEST(DnsMessage, chain_names_are_compared_label_by_label)
{
	// The target's one label "b.example" is not the name b.example.
	DnsBytes message;
	message.header(1, 2).question("a.example").a("b.example", 9, 1);
	message.record("a.example", 5, 9, DnsBytes().u8(9).text("b.example").u8(0));
	EXPECT_EQ(parse(message), "");
}

TEST(DnsMessage, chain_may_lead_through_names_that_no_host_has)
{
	DnsBytes message;
	message.header(1, 2).question("a.example").cname("a.example", 9, "b c.example");
	EXPECT_EQ(parse(message.a("b c.example", 9, 1)), "a.example v4:1/9;");
}

TEST(DnsMessage, dname_moves_what_is_below_it)
{
	DnsBytes message;
	message.header(1, 2).question("x.y.old.example");
	message.record("old.example", 39, 30, DnsBytes().name("new.example"));
	EXPECT_EQ(parse(message.a("x.y.new.example", 300, 1)), "x.y.old.example v4:1/30;");
}

TEST(DnsMessage, dname_does_not_move_its_owner_or_half_labels)
{
	for (const char *asked : {"old.example", "bold.example"}) {
		DnsBytes message;
		message.header(1, 3).question(asked).a("new.example", 9, 1);
		message.record("old.example", 39, 30, DnsBytes().name("new.example"));
		EXPECT_EQ(parse(message.a("bnew.example", 9, 1)), "") << asked;
	}
}

TEST(DnsMessage, chain_that_leads_in_a_circle_ends)
{
	DnsBytes message;
	message.header(1, 3).question("a.example").cname("a.example", 9, "b.example");
	EXPECT_EQ(parse(message.cname("b.example", 9, "a.example").a("b.example", 9, 1)),
		  "a.example v4:1/9;");
}

TEST(DnsMessage, chain_without_end_is_given_up)
{
	DnsBytes message;
	message.header(1, 101).question("n0.example");
	for (int i = 0; i < 100; i++)
		message.cname("n" + std::to_string(i) + ".example", 9,
			      "n" + std::to_string(i + 1) + ".example");
	EXPECT_EQ(parse(message.a("n100.example", 9, 1)), "!too_many");
}

TEST(DnsMessage, same_address_twice_has_the_longer_ttl)
{
	DnsBytes message;
	message.header(1, 2).question("a.example").a("a.example", 9, 1);
	EXPECT_EQ(parse(message.a("a.example", 30, 1)), "a.example v4:1/30;");
}

TEST(DnsMessage, ttl_with_the_highest_bit_is_zero)
{
	DnsBytes message;
	message.header(1, 1).question("a.example").a("a.example", 0x80000001, 1);
	EXPECT_EQ(parse(message), "a.example v4:1/0;");
}

TEST(DnsMessage, first_of_several_questions_counts)
{
	DnsBytes message;
	message.header(2, 2).question("a.example").question("b.example");
	EXPECT_EQ(parse(message.a("b.example", 9, 2).a("a.example", 9, 1)), "a.example v4:1/9;");
}

TEST(DnsMessage, owners_are_the_names_where_nothing_was_asked)
{
	DnsBytes message;
	message.header(0, 2, 1, 0x8400).a("tv.local", 120, 1).a("printer.local", 120, 2);
	EXPECT_EQ(parse(message.aaaa("tv.local", 60, 3)),
		  "tv.local v4:1/120 v6:3/60;printer.local v4:2/120;");
}

TEST(DnsMessage, cache_flush_bit_of_mdns_is_no_class)
{
	DnsBytes message;
	message.header(0, 1, 0, 0x8400).name("tv.local").u16(1).u16(0x8001).u32(120);
	EXPECT_EQ(parse(message.u16(4).u32(7)), "tv.local v4:7/120;");
}

TEST(DnsMessage, other_classes_and_types_are_read_over)
{
	DnsBytes message;
	message.header(1, 3).question("a.example");
	message.name("a.example").u16(1).u16(3).u32(9).u16(4).u32(9);
	message.record("a.example", 46, 9, DnsBytes().text("signature"));
	EXPECT_EQ(parse(message.a("a.example", 9, 1)), "a.example v4:1/9;");
}

TEST(DnsMessage, https_hints_and_public_name)
{
	DnsBytes data;
	data.u16(1).name("").parameter(1, DnsBytes().u8(2).text("h2"));
	data.parameter(4, DnsBytes().u32(1).u32(2));
	data.parameter(5, DnsBytes().list(ech_config("Public.Example")));
	data.parameter(6, DnsBytes().raw(DnsBytes::ipv6(3)));
	DnsBytes message;
	message.header(1, 1).question("a.example", 65).record("a.example", 65, 300, data);
	EXPECT_EQ(parse(message), "a.example v4:1/300 v4:2/300 v6:3/300 ech:public.example/300;");
}

TEST(DnsMessage, https_behind_a_cname_is_of_the_name_that_was_asked_for)
{
	DnsBytes data;
	data.u16(1).name("").parameter(5, DnsBytes().list(ech_config("p.example")));
	DnsBytes message;
	message.header(1, 2).question("a.example", 65).cname("a.example", 60, "cdn.example");
	EXPECT_EQ(parse(message.record("cdn.example", 65, 300, data)),
		  "a.example ech:p.example/60;");
}

TEST(DnsMessage, https_target_s_addresses_of_the_additional_section)
{
	DnsBytes message;
	message.header(1, 1, 3).question("a.example", 65);
	message.record("a.example", 65, 300, DnsBytes().u16(1).name("svc.example"));
	message.cname("svc.example", 50, "pool.example").a("pool.example", 100, 1);
	EXPECT_EQ(parse(message.a("other.example", 100, 2)), "a.example v4:1/50;");
}

TEST(DnsMessage, https_alias_is_followed)
{
	DnsBytes message;
	message.header(1, 2).question("a.example", 65);
	message.record("a.example", 65, 30, DnsBytes().u16(0).name("b.example"));
	DnsBytes data;
	data.u16(1).name("").parameter(4, hint4(1));
	EXPECT_EQ(parse(message.record("b.example", 65, 60, data)), "a.example v4:1/30;");
}

TEST(DnsMessage, https_alias_of_the_root_says_that_there_is_none)
{
	DnsBytes message;
	message.header(1, 1).question("a.example", 65);
	EXPECT_EQ(parse(message.record("a.example", 65, 30, DnsBytes().u16(0).name(""))), "");
}

TEST(DnsMessage, https_of_another_port_is_of_the_same_host)
{
	DnsBytes data;
	data.u16(1).name("").parameter(4, hint4(1));
	DnsBytes message;
	message.header(1, 1).question("_8443._https.a.example", 65);
	EXPECT_EQ(parse(message.record("_8443._https.a.example", 65, 9, data)),
		  "a.example v4:1/9;");
}

TEST(DnsMessage, svcb_is_read_like_https)
{
	DnsBytes data;
	data.u16(1).name("dns.example").parameter(4, hint4(1));
	DnsBytes message;
	message.header(1, 1).question("_dns.a.example", 64);
	EXPECT_EQ(parse(message.record("_dns.a.example", 64, 9, data)), "_dns.a.example v4:1/9;");
}

TEST(DnsMessage, every_ech_configuration_s_public_name_once)
{
	DnsBytes configs;
	configs.raw(ech_config("old.example", 0xfe0a).bytes).raw(ech_config("a.example").bytes);
	configs.raw(ech_config("b.example").bytes).raw(ech_config("a.example").bytes);
	DnsBytes message;
	message.header(1, 1).question("x.example", 65);
	message.record("x.example", 65, 9,
		       DnsBytes().u16(1).name("").parameter(5, DnsBytes().list(configs)));
	EXPECT_EQ(parse(message), "x.example ech:a.example/9 ech:b.example/9;");
}

TEST(DnsMessage, broken_ech_has_no_public_name_and_leaves_the_hints)
{
	DnsBytes whole = ech_config("a.example"), extensions = whole, longer = whole;
	whole.bytes.resize(whole.bytes.size() - 3);
	extensions.bytes.back() = 9;
	longer.bytes[3]--;
	for (const DnsBytes &ech :
	     {DnsBytes().list(whole), DnsBytes().list(extensions), DnsBytes().list(longer),
	      DnsBytes().u16(900).raw(ech_config("a.example").bytes), DnsBytes(),
	      DnsBytes().list(ech_config("")), DnsBytes().list(ech_config("a.")),
	      DnsBytes().list(ech_config("a b"))}) {
		DnsBytes message;
		message.header(1, 1).question("x.example", 65);
		message.record("x.example", 65, 9,
			       DnsBytes().u16(1).name("").parameter(4, hint4(1)).parameter(5, ech));
		EXPECT_EQ(parse(message), "x.example v4:1/9;");
	}
}

TEST(DnsMessage, service_record_that_contradicts_itself_is_ignored_alone)
{
	for (const DnsBytes &data :
	     {DnsBytes().u16(1), DnsBytes().u16(1).pointer(12),
	      DnsBytes().u16(1).name("").parameter(4, DnsBytes().u16(1)),
	      DnsBytes().u16(1).name("").parameter(4, DnsBytes()),
	      DnsBytes().u16(1).name("").parameter(6, hint4(1)),
	      DnsBytes().u16(1).name("").u16(4).u16(99).u32(1),
	      DnsBytes().u16(1).name("").parameter(4, hint4(1)).parameter(4, hint4(1)),
	      DnsBytes().u16(1).name("").parameter(5, {}).parameter(4, hint4(1))}) {
		DnsBytes message;
		message.header(1, 2).question("x.example", 65).record("x.example", 65, 9, data);
		EXPECT_EQ(parse(message.a("x.example", 9, 2)), "x.example v4:2/9;!service");
	}
}

TEST(DnsMessage, queries_other_operations_and_failures_are_none)
{
	const auto with_flags = [](unsigned flags) {
		DnsBytes message;
		message.header(1, 1, 0, flags).question("a.example").a("a.example", 9, 1);
		return parse(message);
	};
	EXPECT_EQ(with_flags(0x0100), "!not_answer");
	EXPECT_EQ(with_flags(0xa000), "!not_answer"); // NOTIFY
	EXPECT_EQ(with_flags(0x8183), "!failure");    // NXDOMAIN
	EXPECT_EQ(with_flags(0x8000), "a.example v4:1/9;");
}

TEST(DnsMessage, every_cut_is_short_unless_it_is_truncated)
{
	DnsBytes message;
	message.header(1, 2).question("a.example").a("a.example", 9, 1);
	const std::size_t whole = message.bytes.size();
	message.a("a.example", 9, 2);
	for (std::size_t size = 0; size < message.bytes.size(); size++) {
		DnsBytes cut = message;
		cut.bytes.resize(size);
		EXPECT_EQ(parse(cut), "!short") << size;
		const char *left = size < 12 ? "!short" : size < whole ? "" : "a.example v4:1/9;";
		EXPECT_EQ(parse(cut, true), left) << size;
		if (size >= 12) {
			cut.bytes[2] |= 2; // TC
			EXPECT_EQ(parse(cut), left) << size;
		}
	}
}

TEST(DnsMessage, damage_behind_the_answers_leaves_them)
{
	DnsBytes message;
	message.header(1, 1, 1).question("a.example").a("a.example", 9, 1);
	EXPECT_EQ(parse(message.u8(0x80)), "a.example v4:1/9;!label");
}

TEST(DnsMessage, bytes_behind_the_end_are_ignored)
{
	DnsBytes message;
	message.header(1, 1).question("a.example").a("a.example", 9, 1);
	EXPECT_EQ(parse(message.u32(0xffffffff)), "a.example v4:1/9;");
}

TEST(DnsMessage, pointers_backwards_are_followed)
{
	DnsBytes message;
	message.header(1, 2).question("a.example"); // "a" at 12, "example" at 14
	message.u8(1).text("b").pointer(14).u16(1).u16(1).u32(9).u16(4).u32(1);
	message.pointer(12).u16(5).u16(1).u32(9).u16(4).u8(1).text("b").pointer(14);
	EXPECT_EQ(parse(message), "a.example v4:1/9;");
}

TEST(DnsMessage, pointers_forwards_and_to_themselves_are_an_error)
{
	for (const unsigned target : {12u, 13u, 14u, 40u, 0x3fffu}) {
		DnsBytes message;
		message.header(1, 1).pointer(target).u16(1).u16(1).a("a.example", 9, 1);
		EXPECT_EQ(parse(message), "!pointer_loop") << target;
	}
	// Label by label towards itself.
	DnsBytes message;
	message.header(1, 0).u8(1).text("a").pointer(12).u16(1).u16(1);
	EXPECT_EQ(parse(message), "!pointer_loop");
}

TEST(DnsMessage, pointers_to_pointers_are_bounded)
{
	const auto chain = [](unsigned pointers) {
		DnsBytes data;
		data.name("a");
		// The data of the first record begins at 12 + 7 + 11.
		for (unsigned i = 0; i < pointers; i++)
			data.pointer(i == 0 ? 30 : 33 + 2 * (i - 1));
		DnsBytes message;
		message.header(1, 2).question("a").name("").u16(99).u16(1).u32(0);
		message.list(data).pointer(33 + 2 * (pointers - 1));
		return parse(message.u16(1).u16(1).u32(9).u16(4).u32(1));
	};
	EXPECT_EQ(chain(126), "a v4:1/9;");
	EXPECT_EQ(chain(127), "!pointer_loop");
}

TEST(DnsMessage, names_of_more_than_255_bytes_are_an_error)
{
	const auto with_name = [](std::size_t labels, std::size_t last) {
		std::string name;
		for (std::size_t i = 0; i < labels; i++)
			name += std::string(63, 'a') + ".";
		name += std::string(last, 'b');
		DnsBytes message;
		return parse(message.header(1, 1).question(name).a(name, 9, 1));
	};
	EXPECT_TRUE(with_name(3, 61).ends_with(" v4:1/9;"));
	EXPECT_EQ(with_name(3, 62), "!name_length");
}

TEST(DnsMessage, labels_of_unknown_kinds_are_an_error)
{
	for (const unsigned length : {0x40u, 0x80u}) {
		DnsBytes message;
		message.header(1, 1).u8(length).u8(0).u16(1).u16(1).a("a.example", 9, 1);
		EXPECT_EQ(parse(message), "!label");
	}
}

TEST(DnsMessage, names_that_no_host_has_are_left_out)
{
	const std::vector<std::string> labels = {"a b", std::string("a\0", 2), "a.b", "\xc3\xbc",
						 "a\x7f"};
	for (const std::string &label : labels) {
		DnsBytes message, owner;
		owner.u8(static_cast<unsigned>(label.size())).text(label).u8(0);
		message.header(1, 1).raw(owner.bytes).u16(1).u16(1);
		message.raw(owner.bytes).u16(1).u16(1).u32(9).u16(4).u32(1);
		EXPECT_EQ(parse(message), "!label");
		DnsBytes mdns;
		mdns.header(0, 2).raw(owner.bytes).u16(1).u16(1).u32(9).u16(4).u32(1);
		EXPECT_EQ(parse(mdns.a("tv.local", 9, 2)), "tv.local v4:2/9;!label");
	}
	DnsBytes root;
	EXPECT_EQ(parse(root.header(1, 1).question("").a("", 9, 1)), "!label");
}

TEST(DnsMessage, data_that_contradicts_its_length_is_an_error)
{
	for (const auto &[type, data] :
	     std::vector<std::pair<unsigned, DnsBytes>>{{1, DnsBytes().u16(1)},
							{1, DnsBytes().u32(1).u8(1)},
							{28, DnsBytes().u32(1)},
							{5, DnsBytes().name("b.example").u8(0)},
							{5, DnsBytes().u8(9).text("b")},
							{39, DnsBytes()}}) {
		DnsBytes message;
		message.header(1, 2).question("a.example").a("a.example", 9, 1);
		EXPECT_EQ(parse(message.record("a.example", type, 9, data)), "!record") << type;
	}
}

TEST(DnsMessage, records_addresses_and_owners_are_bounded)
{
	DnsBytes records, addresses, owners;
	records.header(1, 1025).question("a").a("a", 9, 1);
	for (int i = 0; i < 1024; i++)
		records.record("", 99, 0, {});
	EXPECT_EQ(parse(records), "a v4:1/9;!too_many");
	addresses.header(1, 257).question("a");
	for (std::uint32_t i = 0; i < 257; i++)
		addresses.a("a", 9, i);
	EXPECT_EQ(parse_dns(addresses.bytes).answers.at(0).bindings.size(), 256u);
	EXPECT_EQ(parse_dns(addresses.bytes).problem, DnsProblem::too_many);
	owners.header(0, 65);
	for (int i = 0; i < 65; i++)
		owners.a("n" + std::to_string(i) + ".local", 9, 1);
	EXPECT_EQ(parse_dns(owners.bytes).answers.size(), 64u);
	EXPECT_EQ(parse_dns(owners.bytes).problem, DnsProblem::too_many);
}

} // namespace flowmark
