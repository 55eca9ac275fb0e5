// SPDX-License-Identifier: Apache-2.0
#include "names/quic_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "names/initials.h"

namespace flowmark::test {
namespace {

using Kind = QuicOutcome::Kind;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const Bytes kServerId = from_hex("f067a5502a4262b5");
const Bytes kRetryId = from_hex("00112233445566778899aabbccddeeff00112233");

QuicFlow flow_of(std::uint64_t client, std::uint16_t port = 50000)
{
	QuicFlow flow;
	flow.source = {0, client};
	flow.destination = {0, 0xcb007105};
	flow.source_port = port;
	flow.destination_port = 443;
	return flow;
}

class ReadQuic : public testing::Test {
      protected:
	void open(const QuicLimits &limits = {})
	{
		auto opened = QuicReader::open(limits);
		ASSERT_TRUE(opened);
		reader_.emplace(std::move(*opened));
	}
	void SetUp() override { open(); }

	QuicOutcome feed(const Bytes &datagram) { return feed(flow_of(1), datagram); }
	QuicOutcome feed(const QuicFlow &flow, const Bytes &datagram)
	{
		return reader_->feed(flow, datagram, now_);
	}

	// "-" for nothing, "?" for a hello without a name, "!label" for a failure.
	std::string said(const QuicFlow &flow, const Bytes &datagram)
	{
		const QuicOutcome outcome = feed(flow, datagram);
		switch (outcome.kind) {
		case Kind::nothing:
			return "-";
		case Kind::no_name:
			return "?";
		case Kind::failed:
			return "!" + std::string(label_of(outcome.reason));
		case Kind::name:
			break;
		}
		return outcome.name;
	}
	std::string said(const Bytes &datagram) { return said(flow_of(1), datagram); }

	std::optional<QuicReader> reader_;
	nanoseconds now_ = seconds(1000);
};

const std::string kName = "www.example.com";

Bytes whole_hello()
{
	return crypto_frame(0, make_hello({}));
}

// A hello that needs two datagrams, its name in the second or across both.
struct Halves {
	explicit Halves(const InitialShape &first = {}, std::size_t before = 1400)
		: Halves(first, first, before)
	{}
	Halves(const InitialShape &first, InitialShape second, std::size_t before = 1400)
	{
		const Bytes hello = make_hello({.before = before});
		const std::size_t middle = hello.size() - 12;
		one = make_initial(first, crypto_part(hello, 0, middle));
		second.number = first.number + 1;
		two = make_initial(second, crypto_part(hello, middle, hello.size()));
	}
	Bytes one, two;
};

TEST_F(ReadQuic, every_version_that_it_knows)
{
	std::vector<std::uint32_t> versions = {kQuicV1, kQuicV2};
	for (std::uint32_t draft = 23; draft <= 34; draft++)
		versions.push_back(kQuicDraft | draft);
	for (std::size_t i = 0; i < versions.size(); i++)
		EXPECT_EQ(said(flow_of(i), make_initial({.version = versions[i]}, whole_hello())),
			  kName)
			<< versions[i];
}

TEST_F(ReadQuic, other_versions_are_told_and_nothing_else)
{
	const Bytes initial = make_initial({}, whole_hello());
	for (const std::string_view version : {"00000000", "ff000016", "ff000023", "51303436",
					       "54303530", "faceb001", "0a0a0a0a", "709a50c4"}) {
		Bytes other = initial;
		const Bytes number = from_hex(version);
		std::copy(number.begin(), number.end(), other.begin() + 1);
		EXPECT_EQ(said(other), "!version") << version;
	}
	EXPECT_EQ(said(from_hex("0d8394c8f03e5157085130343301")), "!version");
	EXPECT_EQ(reader_->failures(QuicReason::version), 9);
}

TEST_F(ReadQuic, what_is_no_quic_is_told)
{
	EXPECT_EQ(said({}), "!not_quic");
	EXPECT_EQ(said(from_hex("40aabbccddeeff00112233445566")), "!not_quic");
	EXPECT_EQ(said(from_hex("c0")), "!short");
	EXPECT_EQ(said(from_hex("c00000000115")), "!not_quic"); // 21 bytes of connection ID
	EXPECT_EQ(said(Bytes(65536, 0xc0)), "!not_quic");
}

TEST_F(ReadQuic, hello_without_a_name)
{
	EXPECT_EQ(said(make_initial({}, crypto_frame(0, make_hello({.name = ""})))), "?");
}

TEST_F(ReadQuic, encrypted_hello_is_noticed)
{
	EXPECT_TRUE(feed(make_initial({}, crypto_frame(0, make_hello({.ech_before = true})))).ech);
}

TEST_F(ReadQuic, datagram_of_any_size)
{
	std::uint64_t client = 0;
	for (const std::size_t size : {0, 400, 1199, 1357, 4000, 16000})
		EXPECT_EQ(said(flow_of(client++), make_initial({.size = size}, whole_hello())),
			  kName);
}

TEST_F(ReadQuic, connection_ids_and_tokens_of_any_length)
{
	std::uint64_t client = 0;
	for (const std::size_t destination : {0, 1, 8, 20})
		for (const std::size_t source : {0, 20})
			for (const std::size_t token : {0, 1, 63, 64, 900}) {
				const InitialShape shape = {.destination = Bytes(destination, 7),
							    .source = Bytes(source, 8),
							    .token = Bytes(token, 9)};
				EXPECT_EQ(
					said(flow_of(client++), make_initial(shape, whole_hello())),
					kName);
			}
}

TEST_F(ReadQuic, two_datagrams_in_either_order)
{
	const Halves halves;
	EXPECT_EQ(said(flow_of(1), halves.one), "-");
	EXPECT_EQ(said(flow_of(1), halves.two), kName);
	EXPECT_EQ(said(flow_of(2), halves.two), "-");
	EXPECT_EQ(said(flow_of(2), halves.one), kName);
}

TEST_F(ReadQuic, what_comes_again_says_nothing_new)
{
	const Halves halves;
	EXPECT_EQ(said(halves.one), "-");
	EXPECT_EQ(said(halves.one), "-");
	EXPECT_EQ(said(halves.two), kName);
	EXPECT_EQ(said(halves.two), "-");
	EXPECT_EQ(said(halves.one), "-");
}

TEST_F(ReadQuic, initials_that_share_a_datagram)
{
	const Halves halves({.size = 0}, 100);
	const Bytes zero_rtt = make_other_packet({}, 1, 40);
	EXPECT_EQ(said(flow_of(1), joined({halves.one, halves.two})), kName);
	EXPECT_EQ(said(flow_of(2), joined({zero_rtt, halves.two, zero_rtt, halves.one})), kName);
	EXPECT_EQ(said(flow_of(3), joined({halves.one, Bytes(300, 0)})), "-");
	EXPECT_EQ(said(flow_of(3), joined({halves.two, Bytes(300, 0xff)})), kName);
	EXPECT_EQ(said(flow_of(4), zero_rtt), "-");
}

TEST_F(ReadQuic, packet_for_another_connection_id_ends_a_datagram)
{
	const Halves halves({.size = 0}, 100);
	const Halves other({.destination = kServerId, .size = 0}, 100);
	EXPECT_EQ(said(joined({halves.one, other.one, halves.two})), "-");
	EXPECT_EQ(said(halves.two), kName);
}

TEST_F(ReadQuic, crypto_frames_shuffled_cut_and_repeated)
{
	std::mt19937 random(1);
	const Bytes hello = make_hello({.before = 600, .behind = 500});
	for (std::uint64_t round = 0; round < 200; round++) {
		std::vector<Bytes> frames;
		for (std::size_t at = 0; at < hello.size();) {
			const std::size_t end = std::min(hello.size(), at + 1 + random() % 300);
			frames.push_back(crypto_part(hello, at, end));
			at = end - random() % 2 * (end - at) / 2; // half of them overlap
		}
		frames.push_back(from_hex("01"));
		frames.push_back(from_hex("0000000000"));
		frames.push_back(from_hex("0200000000"));
		std::shuffle(frames.begin(), frames.end(), random);
		std::array<Bytes, 2> payloads;
		for (const Bytes &frame : frames) {
			Bytes &to = payloads[payloads[0].size() > 900];
			to.insert(to.end(), frame.begin(), frame.end());
		}
		const std::string first = said(flow_of(round), make_initial({}, payloads[0]));
		const std::string second = said(flow_of(round),
						make_initial({.number = 1}, payloads[1]));
		EXPECT_TRUE((first == "-" && second == kName) || (first == kName && second == "-"))
			<< first << ' ' << second;
	}
}

TEST_F(ReadQuic, first_bytes_win_where_frames_overlap)
{
	const Bytes hello = make_hello({});
	const Bytes other = make_hello({.name = "xxx.example.com"});
	const std::size_t end = hello.size();
	EXPECT_EQ(said(make_initial(
			  {}, joined({crypto_part(hello, 40, end), crypto_part(other, 0, end)}))),
		  kName);
	EXPECT_EQ(said(flow_of(2), make_initial({}, joined({crypto_part(other, 40, end),
							    crypto_part(hello, 0, end)}))),
		  "xxx.example.com");
}

TEST_F(ReadQuic, every_frame_that_an_initial_may_have)
{
	const Bytes ack = from_hex("02"
				   "4064"
				   "19"
				   "02"
				   "01"
				   "0000"
				   "0102");
	const Bytes ack_with_ecn = from_hex("03"
					    "05"
					    "00"
					    "00"
					    "05"
					    "010203");
	const Bytes close = from_hex("1c"
				     "00"
				     "06"
				     "0461626364");
	const Bytes ping = from_hex("01");
	EXPECT_EQ(said(make_initial({}, joined({ping, ack, ack_with_ecn, close, whole_hello()}))),
		  kName);
	EXPECT_EQ(said(flow_of(2), make_initial({}, ping)), "-");
}

TEST_F(ReadQuic, other_frames_end_the_reading)
{
	for (const std::string_view frame : {"04", "05", "07", "08", "10", "18", "1d", "1e", "4100",
					     "060000000640", "060044", "02ff", "1c0006ff"}) {
		open();
		// Without padding, which would be part of the frame that is cut short.
		EXPECT_EQ(said(make_initial({.size = 0}, from_hex(frame))), "!frames") << frame;
		EXPECT_EQ(said(make_initial({.number = 1}, whole_hello())), "-");
	}
}

TEST_F(ReadQuic, crypto_that_is_no_client_hello)
{
	EXPECT_EQ(said(make_initial({}, crypto_frame(0, from_hex("02000001")))), "!tls");
	EXPECT_EQ(said(make_initial({.number = 1}, whole_hello())), "-");
}

TEST_F(ReadQuic, servers_initials_do_not_fit)
{
	const Bytes server = from_hex(kRfcServerInitial);
	EXPECT_EQ(said(flow_of(1), server), "!decrypt");
	const Halves halves;
	EXPECT_EQ(said(flow_of(2), halves.one), "-");
	EXPECT_EQ(said(flow_of(2), server), "!decrypt");
	EXPECT_EQ(said(flow_of(2), halves.two), kName);
	EXPECT_EQ(said(flow_of(2), server), "!decrypt");
}

// The client goes on to the connection ID that the server chose, under the same keys.
TEST_F(ReadQuic, connection_id_that_the_server_chose)
{
	const Bytes first = InitialShape{}.destination;
	for (const Bytes &chosen : {kServerId, Bytes{}, Bytes(20, 1)}) {
		open();
		const Halves halves({}, {.destination = chosen, .keys_of = first});
		EXPECT_EQ(said(halves.one), "-");
		EXPECT_EQ(said(halves.two), kName);
		const InitialShape ack = {.destination = chosen, .keys_of = first, .number = 2};
		EXPECT_EQ(said(make_initial(ack, from_hex("0200000000"))), "-");
	}
}

// After a Retry the keys follow from the connection ID in it, and the hello comes again.
TEST_F(ReadQuic, retry_changes_the_keys)
{
	const Halves before;
	const Halves after({.destination = kRetryId, .token = Bytes(50, 7), .number = 2});
	EXPECT_EQ(said(flow_of(1), before.one), "-");
	EXPECT_EQ(said(flow_of(1), after.one), "-");
	EXPECT_EQ(said(flow_of(1), before.one), "-"); // late
	EXPECT_EQ(said(flow_of(1), after.two), kName);

	const Bytes whole = make_initial({}, whole_hello());
	const Bytes again = make_initial({.destination = kRetryId, .number = 1}, whole_hello());
	EXPECT_EQ(said(flow_of(2), whole), kName);
	EXPECT_EQ(said(flow_of(2), again), kName);
	EXPECT_EQ(said(flow_of(2), again), "-");
	EXPECT_EQ(said(flow_of(2), whole), "-");
}

TEST_F(ReadQuic, streams_of_one_flow_are_bounded)
{
	std::vector<Halves> starts;
	for (std::uint8_t i = 0; i < 4; i++)
		starts.emplace_back(InitialShape{.destination = Bytes(8, i)});
	for (const Halves &start : starts)
		EXPECT_EQ(said(start.one), "-");
	EXPECT_EQ(reader_->failures(QuicReason::table_full), 2);
	EXPECT_EQ(said(starts[3].two), kName);
	EXPECT_EQ(said(starts[0].two), "-");
}

TEST_F(ReadQuic, version_negotiation_starts_anew)
{
	const Halves first({.version = kQuicDraft | 29});
	EXPECT_EQ(said(flow_of(1), first.one), "-");
	// With a connection ID of its own, and with the same one.
	const Halves other({.version = kQuicV1, .destination = kServerId});
	EXPECT_EQ(said(flow_of(1), other.one), "-");
	EXPECT_EQ(said(flow_of(1), other.two), kName);
	EXPECT_EQ(said(flow_of(2), first.one), "-");
	const Halves same({.version = kQuicV1}, 1300);
	EXPECT_EQ(said(flow_of(2), same.one), "-");
	EXPECT_EQ(said(flow_of(2), same.two), kName);
}

TEST_F(ReadQuic, version_changed_by_the_server_in_the_middle)
{
	const Halves halves({.version = kQuicV1}, {.version = kQuicV2,
						   .destination = kServerId,
						   .keys_of = InitialShape{}.destination});
	EXPECT_EQ(said(halves.one), "-");
	EXPECT_EQ(said(halves.two), kName);
}

TEST_F(ReadQuic, every_part_of_the_key_tells_flows_apart)
{
	const Halves halves;
	std::vector<QuicFlow> flows(8, flow_of(1));
	flows[1].source[0]++;
	flows[2].source[1]++;
	flows[3].destination[0]++;
	flows[4].destination[1]++;
	flows[5].source_port++;
	flows[6].destination_port++;
	flows[7].vlan++;
	EXPECT_EQ(said(flows[0], halves.one), "-");
	for (std::size_t i = 1; i < flows.size(); i++)
		EXPECT_EQ(said(flows[i], halves.two), "-") << i;
	EXPECT_EQ(said(flows[0], halves.two), kName);
}

TEST_F(ReadQuic, port_used_again_gives_the_new_name)
{
	EXPECT_EQ(said(make_initial({}, whole_hello())), kName);
	const Bytes hello = make_hello({.name = "Other.example."});
	EXPECT_EQ(said(make_initial({.destination = kServerId}, crypto_frame(0, hello))),
		  "other.example");
}

// A hello of `size` bytes in all, its name at the end.
std::vector<Bytes> datagrams_of(std::size_t size)
{
	const std::size_t rest = make_hello({.before = 1}).size() - 1;
	const Bytes hello = make_hello({.before = size - rest});
	std::vector<Bytes> datagrams;
	for (std::size_t at = 0; at < size; at += 1000)
		datagrams.push_back(make_initial(
			{.number = at / 1000}, crypto_part(hello, at, std::min(at + 1000, size))));
	return datagrams;
}

TEST_F(ReadQuic, hello_of_eight_kibibytes)
{
	const auto datagrams = datagrams_of(CryptoBuffer::kSize);
	for (std::size_t i = 0; i + 1 < datagrams.size(); i++)
		EXPECT_EQ(said(datagrams[i]), "-");
	EXPECT_EQ(said(datagrams.back()), kName);
}

TEST_F(ReadQuic, longer_hello_ends_at_the_limit)
{
	const auto datagrams = datagrams_of(CryptoBuffer::kSize + 1);
	for (std::size_t i = 0; i + 1 < datagrams.size(); i++)
		EXPECT_EQ(said(datagrams[i]), "-");
	EXPECT_EQ(said(datagrams.back()), "!limit");
	EXPECT_EQ(said(datagrams.back()), "-");
}

TEST_F(ReadQuic, full_table_gives_up_what_is_idle_for_longest)
{
	open({.connections = 4});
	const Halves halves;
	for (std::uint64_t client = 0; client < 4; client++)
		EXPECT_EQ(said(flow_of(client), halves.one), "-");
	EXPECT_EQ(said(flow_of(0), halves.one), "-"); // no longer the one idle for longest
	EXPECT_EQ(said(flow_of(4), halves.one), "-");
	EXPECT_EQ(reader_->failures(QuicReason::table_full), 1);
	for (const std::uint64_t client : {0, 2, 3, 4})
		EXPECT_EQ(said(flow_of(client), halves.two), kName);
	EXPECT_EQ(said(flow_of(1), halves.two), "-");
	EXPECT_EQ(reader_->failures(QuicReason::table_full), 1);
}

TEST_F(ReadQuic, connections_that_are_done_make_room_first)
{
	open({.connections = 4});
	const Halves halves;
	EXPECT_EQ(said(flow_of(0), halves.one), "-");
	for (std::uint64_t client = 1; client < 100; client++)
		EXPECT_EQ(said(flow_of(client), make_initial({}, whole_hello())), kName);
	EXPECT_EQ(said(flow_of(0), halves.two), kName);
	EXPECT_EQ(reader_->failures(QuicReason::table_full), 0);
}

TEST_F(ReadQuic, garbage_takes_no_place)
{
	open({.connections = 1});
	const Halves halves;
	EXPECT_EQ(said(flow_of(0), halves.one), "-");
	Bytes garbage = make_initial({}, whole_hello());
	garbage.back() ^= 1;
	for (std::uint64_t client = 1; client < 100; client++)
		EXPECT_EQ(said(flow_of(client), garbage), "!decrypt");
	EXPECT_EQ(said(flow_of(0), halves.two), kName);
}

TEST_F(ReadQuic, idle_connections_are_forgotten)
{
	const Halves halves;
	EXPECT_EQ(said(flow_of(1), halves.one), "-");
	EXPECT_EQ(said(flow_of(2), halves.one), "-");
	now_ += seconds(5);
	EXPECT_EQ(said(flow_of(2), halves.one), "-");
	now_ += nanoseconds(1);
	EXPECT_EQ(said(flow_of(1), halves.two), "-");
	EXPECT_EQ(said(flow_of(2), halves.two), kName);
	EXPECT_EQ(reader_->failures(QuicReason::expired), 1);
}

TEST_F(ReadQuic, time_may_step_back)
{
	const Halves halves;
	EXPECT_EQ(said(halves.one), "-");
	now_ -= seconds(500);
	EXPECT_EQ(said(halves.two), kName);
}

TEST_F(ReadQuic, datagrams_cut_short_give_no_name)
{
	const Bytes whole = make_initial({.size = 300}, whole_hello());
	for (std::size_t size = 1; size < whole.size(); size++)
		EXPECT_EQ(said(slice(whole, 0, size)), "!short") << size;
	EXPECT_EQ(said(whole), kName);
}

TEST_F(ReadQuic, datagrams_with_one_bit_changed_give_no_name)
{
	const Bytes whole = make_initial({.size = 300}, whole_hello());
	for (std::size_t bit = 0; bit < 8 * whole.size(); bit++) {
		Bytes broken = whole;
		broken[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
		EXPECT_NE(feed(flow_of(bit), broken).kind, Kind::name) << bit;
	}
}

TEST(HashOf, another_seed_is_another_order)
{
	const FlowSeed one = {1, 2}, other = {1, 3};
	EXPECT_EQ(hash_of(flow_of(1), one), hash_of(flow_of(1), one));
	EXPECT_NE(hash_of(flow_of(1), one), hash_of(flow_of(1), other));
	EXPECT_NE(hash_of(flow_of(1), one), hash_of(flow_of(2), one));
}

} // namespace
} // namespace flowmark::test
