// SPDX-License-Identifier: Apache-2.0
// A hello in many segments: small ones, in any order, sent twice, with other bytes in
// between; behind what other protocols say first; under every header.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include <fmt/format.h>

#include "replay/conversation.h"

namespace flowmark::test {

namespace {

const char *const kName = "www.example.com";

NamePath &path()
{
	static NamePath loaded({kName});
	return loaded;
}

// Offsets at which pieces begin, and where the last one ends.
using Cuts = std::vector<std::size_t>;

Cuts even_cuts(std::size_t size, std::size_t pieces)
{
	Cuts cuts;
	for (std::size_t i = 0; i <= pieces; i++)
		cuts.push_back(size * i / pieces);
	return cuts;
}

void send_piece(Conversation &flow, View bytes, const Cuts &cuts, std::size_t i,
		std::size_t offset = 0)
{
	flow.client(offset + cuts[i], bytes.subspan(cuts[i], cuts[i + 1] - cuts[i]));
}

void expect_named(Conversation &flow, const std::string &what = "")
{
	ASSERT_EQ(flow.name(), kName) << what;
	ASSERT_EQ(flow.later(), kNamed) << what;
}

void expect_none(Conversation &flow, const std::string &what = "")
{
	ASSERT_EQ(flow.name(), "") << what;
	ASSERT_EQ(flow.later(), 0) << what;
}

// Cut in two at `at` (0: not), both orders; the stream has `offset` bytes before it.
void send_cut(Conversation &flow, View bytes, std::size_t at, bool swapped, std::size_t offset = 0)
{
	for (const bool second : {swapped, !swapped}) {
		const View part = second ? bytes.subspan(at) : bytes.first(at);
		if (!part.empty())
			flow.client(offset + (second ? at : 0), part);
	}
}

} // namespace

TEST(HelloSegments, bytes_one_by_one_and_small_pieces)
{
	const Bytes hello = hello_of_name(kName);
	Conversation flow(path());
	flow.open();
	std::size_t at = 0;
	while (at < hello.size()) {
		const std::size_t size = std::min<std::size_t>(at < 40 ? 1 : 7, hello.size() - at);
		const std::uint8_t dscp = flow.client(at, View(hello).subspan(at, size));
		ASSERT_EQ(dscp, flow.name().empty() ? 0 : kNamed) << at;
		at += size;
	}
	expect_named(flow);
}

TEST(HelloSegments, from_the_last_to_the_first)
{
	const Bytes hello = hello_of_name(kName);
	for (std::size_t pieces = 2; pieces <= FM_HELLO_PARTS; pieces++) {
		const Cuts cuts = even_cuts(hello.size(), pieces);
		Conversation flow(path());
		for (std::size_t i = pieces; i-- > 0;)
			send_piece(flow, hello, cuts, i);
		expect_named(flow, fmt::format("{} pieces", pieces));
	}
}

TEST(HelloSegments, in_every_order)
{
	const Bytes hello = hello_of_name(kName);
	const Cuts cuts = even_cuts(hello.size(), 5);
	std::array<std::size_t, 5> order{};
	std::iota(order.begin(), order.end(), 0);
	do {
		Conversation flow(path());
		flow.open();
		for (const std::size_t i : order)
			send_piece(flow, hello, cuts, i);
		expect_named(flow, fmt::format("{}{}{}{}{}", order[0], order[1], order[2], order[3],
					       order[4]));
		if (testing::Test::HasFatalFailure())
			return;
	} while (std::next_permutation(order.begin(), order.end()));
}

TEST(HelloSegments, as_many_stretches_as_are_kept_and_one_more)
{
	const Bytes hello = hello_of_name(kName);
	for (const std::size_t stretches : {std::size_t{FM_HELLO_PARTS}, FM_HELLO_PARTS + 1UL}) {
		const Cuts cuts = even_cuts(hello.size(), 2 * stretches);
		const NameEvents before = path().events();
		Conversation flow(path());
		for (const std::size_t first : {0, 1})
			for (std::size_t i = first; i < 2 * stretches; i += 2)
				send_piece(flow, hello, cuts, i);
		const std::uint64_t refused = path().events()[FM_NAME_EVENT_PARTS] -
					      before[FM_NAME_EVENT_PARTS];
		if (stretches == FM_HELLO_PARTS)
			expect_named(flow);
		else
			expect_none(flow);
		EXPECT_EQ(refused, stretches - FM_HELLO_PARTS);
	}
}

TEST(HelloSegments, sent_twice)
{
	const Bytes hello = hello_of_name(kName);
	const Cuts cuts = even_cuts(hello.size(), 4);
	Conversation flow(path());
	flow.open();
	for (const std::size_t i : {0, 0, 2, 2, 0, 1})
		send_piece(flow, hello, cuts, i);
	send_piece(flow, hello, cuts, 3);
	expect_named(flow);
	flow.client(0, hello);
	expect_named(flow);
}

// Whatever comes again, in whatever cut, the first bytes hold. (But for the first eleven,
// which tell the beginning and so come together.)
TEST(HelloSegments, of_two_that_overlap_the_first_holds)
{
	constexpr std::size_t kTells = 11;
	const Bytes hello = hello_of_name(kName);
	std::minstd_rand random(1);
	for (unsigned run = 0; run < 400; run++) {
		Conversation flow(path());
		flow.open();
		std::vector<bool> sent(hello.size());
		bool is_first = run % 2 == 0; // and then the beginning comes first
		while (flow.name().empty()) {
			std::size_t at = random() / 7 % hello.size();
			at = at < kTells || is_first ? 0 : at;
			const std::size_t size = std::min(kTells + random() / 7 % 120,
							  hello.size() - at);
			Bytes bytes(size);
			for (std::size_t i = 0; i < size; i++) {
				bytes[i] = sent[at + i] ? 'x' : hello[at + i];
				sent[at + i] = true;
			}
			flow.client(at, bytes);
			ASSERT_FALSE(flow.name().empty() &&
				     std::find(sent.begin(), sent.end(), false) == sent.end())
				<< "run " << run;
			is_first = false;
		}
		expect_named(flow, fmt::format("run {}", run));
	}
}

TEST(HelloSegments, records_cut_anywhere)
{
	const Bytes message = make_hello({.name = kName, .before = 40, .behind = 30});
	for (std::size_t at = 1; at < message.size(); at++) {
		const Bytes hello = in_records(message, {at});
		for (const bool swapped : {false, true}) {
			Conversation flow(path());
			send_cut(flow, hello, at + 2, swapped);
			expect_named(flow, fmt::format("{}", at));
			if (testing::Test::HasFatalFailure())
				return;
		}
	}
}

TEST(HelloSegments, records_of_a_few_bytes)
{
	const Bytes message = make_hello({.name = kName, .before = 40});
	for (const std::size_t record : {1, 2, 3, 5}) {
		const Bytes hello = in_records(message,
					       std::vector<std::size_t>(message.size(), record));
		for (const std::size_t cut : {std::size_t{0}, hello.size() / 3}) {
			Conversation flow(path());
			send_cut(flow, hello, cut, cut != 0);
			expect_named(flow, fmt::format("records of {}", record));
		}
	}
}

// As GRO hands them over; a test run takes no longer ones.
TEST(HelloSegments, large_segments)
{
	constexpr std::size_t kLarge = 3600;
	for (const std::size_t before : {3000U, 7000U, 7900U}) {
		const Bytes hello = in_records(
			make_hello({.name = kName, .before = before, .behind = 2000}));
		for (const bool backwards : {false, true}) {
			Cuts cuts = {0};
			while (cuts.back() < hello.size())
				cuts.push_back(std::min(cuts.back() + kLarge, hello.size()));
			Conversation flow(path());
			flow.open();
			for (std::size_t i = 0; i + 1 < cuts.size(); i++)
				send_piece(flow, hello, cuts, backwards ? cuts.size() - 2 - i : i);
			expect_named(flow, fmt::format("{} bytes ahead", before));
		}
	}
}

TEST(HelloSegments, sequence_numbers_that_wrap)
{
	const Bytes hello = hello_of_name(kName);
	for (std::uint32_t left = 0; left <= hello.size(); left++)
		for (const bool swapped : {false, true}) {
			Conversation flow(path(), path().fresh(), -left);
			flow.open();
			send_cut(flow, hello, hello.size() / 2, swapped);
			expect_named(flow, fmt::format("{} left", left));
			if (testing::Test::HasFatalFailure())
				return;
		}
}

TEST(HelloSegments, within_the_SYN)
{
	const Bytes hello = hello_of_name(kName);
	Conversation whole(path()), begun(path());
	EXPECT_EQ(whole.syn(hello), kNamed);
	expect_named(whole);
	begun.syn(View(hello).first(300));
	EXPECT_EQ(begun.syn_ack(), 0);
	begun.client(300, View(hello).subspan(300));
	expect_named(begun);
}

TEST(HelloSegments, the_client_may_have_the_lower_port)
{
	const Bytes hello = hello_of_name(kName);
	for (const std::size_t cut : {std::size_t{0}, hello.size() / 2})
		for (const bool swapped : {false, true}) {
			FrameSpec ends = path().fresh();
			ends.source.port = 80;
			Conversation flow(path(), ends);
			send_cut(flow, hello, cut, swapped);
			expect_named(flow, fmt::format("cut at {}", cut));
		}
}

TEST(HelloSegments, the_rest_comes_first_and_the_server_had_spoken_before)
{
	const Bytes hello = hello_of_name(kName);
	Conversation flow(path());
	flow.open();
	flow.server(0, text("220 mail.example ESMTP\r\n"));
	send_cut(flow, hello, hello.size() / 2, true);
	expect_named(flow);
}

TEST(HelloSegments, behind_what_other_protocols_say_first)
{
	struct Line {
		bool client;
		Bytes bytes;
	};
	const struct {
		const char *what;
		std::vector<Line> lines;
	} cases[] = {
		{"SMTP",
		 {{false, text("220 mail.example ESMTP\r\n")},
		  {true, text("EHLO client.example\r\n")},
		  {false, text("250-mail.example\r\n250 STARTTLS\r\n")},
		  {true, text("STARTTLS\r\n")},
		  {false, text("220 go ahead\r\n")}}},
		{"CONNECT",
		 {{true, text("CONNECT www.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n")},
		  {false, text("HTTP/1.1 200 OK\r\n\r\n")}}},
		{"SOCKS 5",
		 {{true, {5, 1, 0}},
		  {false, {5, 0}},
		  {true, {5, 1, 0, 1, 203, 0, 113, 9, 1, 187}},
		  {false, {5, 0, 0, 1, 0, 0, 0, 0, 0, 0}}}},
		{"PostgreSQL", {{true, {0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f}}, {false, {'S'}}}},
		{"FTP, a byte at a time",
		 {{true, {'A'}}, {true, {'U'}}, {true, {'T'}}, {true, {'H'}}}},
		{"7,000 bytes of each",
		 {{true, Bytes(3500, 'c')},
		  {false, Bytes(3500, 's')},
		  {true, Bytes(3500, 'c')},
		  {false, Bytes(3500, 's')}}},
	};
	const Bytes hello = hello_of_name(kName);
	for (const auto &each : cases)
		for (const bool with_syn : {false, true})
			for (const std::size_t cut : {0UL, 1UL, 5UL, 8UL, 100UL, hello.size() - 1})
				for (const bool swapped : {false, true}) {
					Conversation flow(path());
					if (with_syn)
						flow.open();
					std::size_t said[2] = {};
					for (const auto &[client, bytes] : each.lines) {
						client ? flow.client(said[1], bytes)
						       : flow.server(said[0], bytes);
						said[client] += bytes.size();
					}
					send_cut(flow, hello, cut, swapped, said[1]);
					expect_named(flow,
						     fmt::format("{} cut at {}{}", each.what, cut,
								 swapped ? " swapped" : ""));
				}
}

TEST(HelloSegments, behind_a_PROXY_header)
{
	const Bytes signature = from_hex("0d0a0d0a000d0a515549540a");
	const auto version2 = [&](std::uint16_t size) {
		return joined({signature,
			       {0x21, 0x11, static_cast<std::uint8_t>(size >> 8),
				static_cast<std::uint8_t>(size)},
			       Bytes(size, 0x16)});
	};
	const Bytes headers[] = {
		text("PROXY TCP4 192.0.2.1 192.0.2.2 40000 443\r\n"),
		text("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
		     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		text("PROXY UNKNOWN\r\n"),
		version2(12),
		version2(0),
		version2(1000),
	};
	const Bytes hello = hello_of_name(kName);
	for (const Bytes &header : headers) {
		const std::string what = fmt::format("a header of {} bytes", header.size());
		Conversation apart(path());
		apart.client(0, header);
		apart.client(header.size(), hello);
		expect_named(apart, what + " apart");
		const Bytes all = joined({header, hello});
		for (std::size_t at = header.size(); at < all.size(); at++)
			for (const bool swapped : {false, true}) {
				Conversation flow(path());
				send_cut(flow, all, at, swapped);
				expect_named(flow, fmt::format("{} cut at {}", what, at));
				if (testing::Test::HasFatalFailure())
					return;
			}
	}
}

TEST(HelloSegments, under_every_header)
{
	const Bytes hello = hello_of_name(kName);
	for (const LinkShape link : kLinkShapes)
		for (const NetShape net : kNetShapes)
			for (const bool qinq : {false, true})
				for (const bool swapped : {false, true}) {
					if (net == NetShape::ip4_first_fragment ||
					    (qinq && link != LinkShape::pppoe))
						continue;
					FrameSpec ends = path().fresh();
					ends.link = link;
					ends.net = net;
					Conversation flow(path(), ends);
					if (qinq)
						flow.wrap_in_qinq();
					flow.open();
					send_cut(flow, hello, 300, swapped);
					expect_named(flow, ends.describe());
				}
}

// A client's ports often count up, and its hellos come at once when a page is opened.
TEST(HelloSegments, of_many_connections_of_one_client_at_once)
{
	constexpr std::uint16_t kFlows = 256;
	const Bytes hello = hello_of_name(kName);
	const View whole(hello);
	FrameSpec ends = path().fresh();
	std::vector<Conversation> flows;
	for (std::uint16_t i = 0; i < kFlows; i++) {
		ends.source.port = static_cast<std::uint16_t>(50000 + i);
		flows.emplace_back(path(), ends);
		flows.back().open();
		flows.back().client(0, whole.first(300));
	}
	unsigned named = 0;
	for (Conversation &flow : flows) {
		flow.client(300, whole.subspan(300));
		named += flow.name() == kName;
	}
	// A quarter of the buffers; two places for each.
	EXPECT_GE(named, kFlows * 9 / 10);
}

} // namespace flowmark::test
