// SPDX-License-Identifier: Apache-2.0
#include "names/dns_streams.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "names/dns_message.h"
#include "unit/names/dns_bytes.h"

namespace flowmark {

namespace {

using Payload = std::vector<std::uint8_t>;

// An answer for `name` with the length in front.
Payload framed(const std::string &name, std::size_t padding = 0)
{
	DnsBytes message;
	message.header(1, 1).question(name).a(name, 9, 1);
	message.text(std::string(padding, '\xff'));
	return DnsBytes().list(message).bytes;
}

Payload operator+(Payload a, const Payload &b)
{
	a.insert(a.end(), b.begin(), b.end());
	return a;
}

Payload part(const Payload &bytes, std::size_t from, std::size_t to)
{
	return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
		bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}

std::string names(const std::vector<DnsStream::Message> &messages)
{
	std::string text;
	for (const DnsStream::Message &message : messages)
		for (const DnsAnswer &answer : parse_dns(message).answers)
			text += answer.name + ";";
	return text;
}

// One stream, whose first byte has a number just before their end.
class OneStream {
      public:
	std::string take(std::size_t at, const Payload &payload)
	{
		return names(stream_.take(0xfffffff0u + static_cast<std::uint32_t>(at), payload));
	}

      private:
	DnsStream stream_;
};

} // namespace

TEST(DnsStream, one_message_and_several_in_a_segment)
{
	OneStream stream;
	const Payload one = framed("a.example"), two = framed("b.example") + framed("c.example");
	EXPECT_EQ(stream.take(0, one), "a.example;");
	EXPECT_EQ(stream.take(one.size(), two), "b.example;c.example;");
}

TEST(DnsStream, message_cut_anywhere_into_two_segments)
{
	const Payload bytes = framed("a.example");
	for (std::size_t cut = 1; cut < bytes.size(); cut++) {
		OneStream in_order, swapped;
		// A first segment shorter than a header, but for the length alone, is not
		// taken for a beginning.
		const char *found = cut >= 14 || cut == 2 ? "a.example;" : "";
		EXPECT_EQ(in_order.take(0, part(bytes, 0, cut)), "");
		EXPECT_EQ(in_order.take(cut, part(bytes, cut, bytes.size())), found) << cut;
		EXPECT_EQ(swapped.take(cut, part(bytes, cut, bytes.size())), "");
		EXPECT_EQ(swapped.take(0, part(bytes, 0, cut)), found) << cut;
	}
}

TEST(DnsStream, later_messages_are_cut_anywhere)
{
	const Payload first = framed("a.example"), bytes = framed("b.example");
	for (std::size_t cut = 1; cut < bytes.size(); cut++) {
		OneStream stream;
		const std::size_t at = first.size();
		EXPECT_EQ(stream.take(0, first + part(bytes, 0, cut)), "a.example;");
		EXPECT_EQ(stream.take(at + cut, part(bytes, cut, bytes.size())), "b.example;")
			<< cut;
	}
}

TEST(DnsStream, segments_again_and_overlapping_count_once)
{
	const Payload bytes = framed("a.example") + framed("b.example");
	OneStream stream;
	EXPECT_EQ(stream.take(0, part(bytes, 0, 20)), "");
	EXPECT_EQ(stream.take(0, part(bytes, 0, 20)), "");
	EXPECT_EQ(stream.take(10, part(bytes, 10, bytes.size())), "a.example;b.example;");
	EXPECT_EQ(stream.take(0, bytes), "");
}

TEST(DnsStream, sixteen_segments_in_any_order)
{
	const Payload bytes = framed("a.example", 400);
	OneStream stream;
	for (std::size_t i = 15; i > 0; i--)
		EXPECT_EQ(stream.take(i * 20,
				      part(bytes, i * 20, i == 15 ? bytes.size() : (i + 1) * 20)),
			  "");
	EXPECT_EQ(stream.take(0, part(bytes, 0, 20)), "a.example;");
}

TEST(DnsStream, longest_message_in_segments)
{
	Payload bytes = framed("a.example", 65'535 - 52);
	ASSERT_EQ(bytes.size(), 65'537u);
	OneStream stream;
	std::size_t at = 0;
	for (; at + 1460 < bytes.size(); at += 1460)
		ASSERT_EQ(stream.take(at, part(bytes, at, at + 1460)), "");
	EXPECT_EQ(stream.take(at, part(bytes, at, bytes.size())), "a.example;");
}

TEST(DnsStream, middle_of_a_message_is_no_beginning)
{
	const Payload lost = framed("a.example", 300), next = framed("b.example");
	OneStream stream;
	EXPECT_EQ(stream.take(100, part(lost, 100, lost.size())), "");
	EXPECT_EQ(stream.take(lost.size(), next), "b.example;");
}

TEST(DnsStream, two_bytes_that_were_no_length_do_not_hide_the_next_message)
{
	OneStream stream;
	EXPECT_EQ(stream.take(0, {0x01, 0x00}), "");
	EXPECT_EQ(stream.take(2, framed("b.example")), "b.example;");
}

TEST(DnsStream, queries_and_other_protocols_are_no_beginning)
{
	Payload query = framed("a.example");
	query[4] = 0x01;
	OneStream stream;
	EXPECT_EQ(stream.take(0, query), "");
	EXPECT_EQ(stream.take(1000, DnsBytes().text("HTTP/1.1 200 OK\r\n\r\n").bytes), "");
}

TEST(DnsStream, goes_on_behind_a_segment_that_never_comes)
{
	const Payload first = framed("a.example", 200);
	OneStream stream;
	EXPECT_EQ(stream.take(0, part(first, 0, 100)), "");
	std::string found;
	std::size_t at = first.size();
	for (int i = 0; i < 17; i++) {
		const Payload next = framed("n" + std::to_string(i) + ".example");
		found += stream.take(at, next);
		at += next.size();
	}
	EXPECT_TRUE(found.starts_with("n0.example;n1.example;")) << found;
	EXPECT_TRUE(found.ends_with("n16.example;")) << found;
}

TEST(DnsStream, same_ports_with_far_numbers_are_a_new_connection)
{
	OneStream stream;
	const Payload bytes = framed("a.example");
	EXPECT_EQ(stream.take(0, part(bytes, 0, 20)), "");
	EXPECT_EQ(stream.take(1'000'000, framed("b.example")), "b.example;");
}

TEST(DnsStreams, connections_are_kept_apart)
{
	DnsStreams streams;
	const Payload a = framed("a.example"), b = framed("b.example");
	std::vector<DnsStreamKey> keys(7, DnsStreamKey{{0, 1}, {0, 2}, 53, 4000, 0});
	keys[1].src[0] = keys[2].src[1] = keys[3].dst[1] = 9;
	keys[4].sport = keys[5].dport = keys[6].vlan = 9;
	for (const DnsStreamKey &key : keys)
		EXPECT_EQ(names(streams.take(key, 0, part(a, 0, 20), 1)), "");
	EXPECT_EQ(streams.size(), keys.size());
	EXPECT_EQ(names(streams.take(keys[1], 20, part(a, 20, a.size()), 1)), "a.example;");
	EXPECT_EQ(names(streams.take(keys[0], 20, part(a, 20, a.size()) + b, 1)),
		  "a.example;b.example;");
}

TEST(DnsStreams, oldest_makes_room_and_is_counted)
{
	DnsStreams streams(2);
	const Payload a = framed("a.example");
	const auto key = [](std::uint16_t port) { return DnsStreamKey{{}, {}, 53, port, 0}; };
	for (std::uint16_t port = 1; port <= 3; port++)
		streams.take(key(port), 0, part(a, 0, 20), port);
	EXPECT_EQ(streams.size(), 2u);
	EXPECT_EQ(streams.evicted(), 1u);
	EXPECT_EQ(names(streams.take(key(2), 20, part(a, 20, a.size()), 4)), "a.example;");
	EXPECT_EQ(names(streams.take(key(1), 20, part(a, 20, a.size()), 5)), "");
}

TEST(DnsStreams, stay_when_the_time_goes_back)
{
	DnsStreams streams;
	const Payload a = framed("a.example");
	const DnsStreamKey one{{}, {}, 53, 1, 0}, other{{}, {}, 53, 2, 0};
	streams.take(one, 0, part(a, 0, 20), 1000);
	streams.take(other, 0, part(a, 0, 20), 999);
	EXPECT_EQ(names(streams.take(one, 20, part(a, 20, a.size()), 998)), "a.example;");
}

TEST(DnsStreams, idle_streams_go)
{
	DnsStreams streams;
	const Payload a = framed("a.example");
	const DnsStreamKey idle{{}, {}, 53, 1, 0}, busy{{}, {}, 53, 2, 0};
	streams.take(idle, 0, part(a, 0, 20), 0);
	streams.take(busy, 0, part(a, 0, 20), DnsStreams::kIdleNs);
	EXPECT_EQ(streams.size(), 2u);
	EXPECT_EQ(names(streams.take(busy, 20, part(a, 20, a.size()), DnsStreams::kIdleNs + 1)),
		  "a.example;");
	EXPECT_EQ(streams.size(), 1u);
	EXPECT_EQ(streams.evicted(), 0u);
}

} // namespace flowmark
