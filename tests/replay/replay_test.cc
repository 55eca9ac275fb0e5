// SPDX-License-Identifier: Apache-2.0
// Captures through the real programs: what the report says of them.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>

#include <tuple>

#include "commands/replay_report.h"
#include "replay/capture_writer.h"
#include "replay/replay.h"
#include "support/packet.h"
#include "support/path.h"

namespace flowmark::test {

namespace {

using nlohmann::json;

constexpr std::uint8_t kSyn = 2, kAck = 16, kFin = 1;
constexpr std::size_t kEthernetHeader = 14, kIp4Header = 20, kTcpSequence = 4;

const char *const kPolicy = R"(
classes:
  - { name: voice, dscp: EF }
  - { name: bulk, dscp: LE }
  - { name: default, dscp: keep }
rules:
  - { class: voice, protocol: udp, port: 5060 }
  - { class: bulk, client: 198.51.100.7, server_port: 443 }
default: default
)";

// Knows one name, of the flow to this port, found when so many packets have run.
class OneName final : public NameSource {
      public:
	std::uint16_t port = 0;
	FlowName name;
	unsigned known_after = 0;
	std::vector<std::uint64_t> times;

	void after_packet(std::uint64_t time_ns) override { times.push_back(time_ns); }
	FlowName name_of(const fm_flow_key &key) override
	{
		return key.low_port == port && times.size() >= known_after ? name : FlowName{};
	}
	void forget(const fm_flow_key &) override { port = 0; }
	void forget_all() override { times.clear(); }
};

struct Loaded {
	explicit Loaded(const std::string &policy) : config(parse_policy(policy))
	{
		auto loaded = Instance::load(*config, "lan0");
		if (!loaded)
			throw std::runtime_error(loaded.error().message);
		instance = std::move(*loaded);
	}

	std::unique_ptr<Config> config;
	std::unique_ptr<Instance> instance;
};

// The programs are loaded once.
Loaded &loaded()
{
	static Loaded instance(kPolicy);
	return instance;
}

json replay_file(const std::string &path, bool split_reuse = false, OneName names = {})
{
	const ReplayReport report = Replay(*loaded().instance, names, split_reuse).run(path);
	EXPECT_TRUE(report.whole || !report.errors.empty());
	return replay_json(report, *loaded().config);
}

json replay_bytes(const Bytes &bytes, bool split_reuse = false, const OneName &names = {})
{
	const TemporaryFile file(bytes);
	json report = replay_file(file.path(), split_reuse, names);
	for (json &error : report["errors"]) // say nothing of where the file was
		error = error.get<std::string>().substr(file.path().size() + 2);
	return report;
}

FrameSpec tcp_frame(std::uint8_t flags, std::size_t payload = 0)
{
	FrameSpec frame;
	frame.protocol = IPPROTO_TCP;
	frame.tcp_flags = flags;
	frame.payload = payload;
	return frame;
}

Bytes with_isn(Bytes frame, std::uint8_t isn)
{
	frame[kEthernetHeader + kIp4Header + kTcpSequence] = isn;
	return frame;
}

Bytes without_link(const Bytes &frame)
{
	return {frame.begin() + kEthernetHeader, frame.end()};
}

json class_of(const json &report, const std::string &name)
{
	for (const json &row : report["classes"])
		if (row["class"] == name)
			return row;
	return {};
}

} // namespace

TEST(Replay, a_flow_is_reported_whole)
{
	FrameSpec call;
	call.dest.port = 5060;
	call.dscp = 10;
	PcapWriter writer(kLinkEthernet);
	writer.add(call.build()).add(call.reversed().build(), 1000).add(call.build());
	const json report = replay_bytes(writer.bytes());
	const std::size_t length = call.build().size();
	EXPECT_EQ(report["flows"], json::array({{{"protocol", "udp"},
						 {"vlan", nullptr},
						 {"client", "198.51.100.7"},
						 {"client_port", 40000},
						 {"server", "203.0.113.9"},
						 {"server_port", 5060},
						 {"host", nullptr},
						 {"evidence", "none"},
						 {"class", "voice"},
						 {"rule", report["flows"][0]["rule"]},
						 {"packets", 3},
						 {"bytes", 2 * length + 1000},
						 {"dscp_in", 10},
						 {"dscp_out", 46}}}));
	const auto rule = report["flows"][0]["rule"].get<std::string>();
	EXPECT_TRUE(rule.ends_with(".yaml:7")) << rule;
	EXPECT_EQ(class_of(report, "voice"), json({{"class", "voice"},
						   {"dscp", 46},
						   {"flows", 1},
						   {"packets", 3},
						   {"bytes", 2 * length + 1000}}));
	EXPECT_EQ(class_of(report, "default")["dscp"], nullptr);
	EXPECT_EQ(report["classes"].size(), 3U);
	EXPECT_EQ(report["undecided"], json::array());
	EXPECT_EQ(report["errors"], json::array());
}

TEST(Replay, who_opened_the_flow_decides_its_class_and_is_reported)
{
	// The server's port is the higher one: only the SYN tells.
	FrameSpec syn = tcp_frame(kSyn);
	syn.source.port = 100;
	const json report = replay_bytes(
		PcapWriter(kLinkEthernet).add(syn.build()).add(syn.reversed().build()).bytes());
	EXPECT_EQ(report["flows"][0]["client_port"], 100);
	EXPECT_EQ(report["flows"][0]["class"], "bulk");
	EXPECT_EQ(report["flows"][0]["dscp_out"], 1);
}

TEST(Replay, what_holds_no_flow_is_counted_under_its_reason)
{
	Bytes arp(42, 0);
	arp[12] = 8;
	arp[13] = 6;
	PcapWriter writer(kLinkEthernet);
	writer.add(arp).add(arp, 60).add({}).add(Bytes(13, 0)).add(Bytes(14, 0));
	const json report = replay_bytes(writer.bytes());
	EXPECT_EQ(report["flows"], json::array());
	EXPECT_EQ(report["undecided"],
		  json::array({{{"reason", "not_ip"}, {"packets", 3}, {"bytes", 42 + 60 + 14}},
			       {{"reason", "truncated"}, {"packets", 2}, {"bytes", 13}}}));
}

TEST(Replay, protocols_without_ports_have_none)
{
	FrameSpec ping;
	ping.protocol = IPPROTO_ICMP;
	ping.icmp_type = 0; // the answer: its destination asked
	const json flow = replay_bytes(
		PcapWriter(kLinkEthernet).add(ping.build()).bytes())["flows"][0];
	EXPECT_EQ(flow["protocol"], "icmp");
	EXPECT_EQ(flow["client"], "203.0.113.9");
	EXPECT_EQ(flow["client_port"], nullptr);
	EXPECT_EQ(flow["server_port"], nullptr);
}

TEST(Replay, a_vlan_tells_flows_apart)
{
	FrameSpec tagged, other;
	tagged.link = other.link = LinkShape::qinq;
	other.vlan = 8;
	const json flows = replay_bytes(PcapWriter(kLinkEthernet)
						.add(tagged.build())
						.add(other.build())
						.add(tagged.reversed().build())
						.bytes())["flows"];
	ASSERT_EQ(flows.size(), 2U);
	EXPECT_EQ(flows[0]["vlan"], 7);
	EXPECT_EQ(flows[0]["packets"], 2);
	EXPECT_EQ(flows[1]["vlan"], 8);
}

TEST(Replay, later_fragments_belong_to_the_flow_of_the_first)
{
	FrameSpec first, later;
	first.net = later.net = NetShape::ip4_first_fragment;
	later.later_fragment = true;
	PcapWriter writer(kLinkEthernet);
	writer.add(later.build()).add(first.build()).add(later.build());
	const json report = replay_bytes(writer.bytes());
	ASSERT_EQ(report["flows"].size(), 1U);
	EXPECT_EQ(report["flows"][0]["packets"], 2);
	EXPECT_EQ(report["undecided"][0]["reason"], "fragment");
}

TEST(Replay, every_link_type_gives_the_same_flow)
{
	FrameSpec call;
	call.dest.port = 5060;
	const Bytes ip = without_link(call.build());
	const auto behind = [&](Bytes header) {
		header.insert(header.end(), ip.begin(), ip.end());
		return header;
	};
	Bytes cooked(16, 0), cooked2(20, 0);
	cooked[14] = cooked2[0] = 8;
	const struct {
		std::uint32_t type;
		Bytes frame;
	} cases[] = {
		{kLinkRaw, ip},
		{kLinkIp4, ip},
		{kLinkNull, behind({2, 0, 0, 0})},
		{kLinkLoop, behind({0, 0, 0, 2})},
		{kLinkPpp, behind({0xff, 3, 0, 0x21})},
		{kLinkCooked, behind(cooked)},
		{kLinkCooked2, behind(cooked2)},
	};
	for (const auto &each : cases) {
		const json report = replay_bytes(PcapWriter(each.type).add(each.frame).bytes());
		ASSERT_EQ(report["flows"].size(), 1U) << each.type << report;
		EXPECT_EQ(report["flows"][0]["class"], "voice") << each.type;
		EXPECT_EQ(report["flows"][0]["bytes"], each.frame.size());
		EXPECT_EQ(report["flows"][0]["dscp_out"], 46);
		EXPECT_EQ(report["errors"], json::array());
	}
}

// The kernel takes bytes 12 and 13 for an Ethernet type and wants an IP header behind it.
TEST(Replay, a_short_packet_of_an_address_that_looks_like_an_ethernet_type_is_no_shorter)
{
	FrameSpec frame = tcp_frame(kAck);
	frame.source.ip4 = "134.221.1.2"; // 0x86dd
	const json report = replay_bytes(
		PcapWriter(kLinkRaw).add(without_link(frame.build())).bytes());
	EXPECT_EQ(report["errors"], json::array());
	EXPECT_EQ(report["flows"][0]["client"], "134.221.1.2");
}

TEST(Replay, a_used_port_is_one_flow_or_with_split_reuse_two)
{
	FrameSpec first = tcp_frame(kSyn), again = tcp_frame(kSyn).reversed();
	first.source.port = 100; // the lower port: only the SYN shows that it is the client's
	again.dest.port = 100;
	FrameSpec used = first;
	used.tcp_flags = kAck;
	used.payload = 10;
	PcapWriter writer(kLinkEthernet);
	writer.add(with_isn(first.build(), 1)).add(with_isn(first.build(), 1));
	writer.add(used.build()).add(used.reversed().build()).add(used.build());
	writer.add(with_isn(again.build(), 2)).add(with_isn(again.build(), 2));

	const json one = replay_bytes(writer.bytes())["flows"];
	ASSERT_EQ(one.size(), 1U);
	EXPECT_EQ(one[0]["packets"], 7);
	EXPECT_EQ(one[0]["client_port"], 100);

	const json two = replay_bytes(writer.bytes(), true)["flows"];
	ASSERT_EQ(two.size(), 2U);
	EXPECT_EQ(two[0]["packets"], 5);
	EXPECT_EQ(two[0]["class"], "bulk");
	EXPECT_EQ(two[1]["packets"], 2);
	EXPECT_EQ(two[1]["client_port"], 443);
	EXPECT_EQ(two[1]["class"], "default"); // nothing is left of the first one's
}

TEST(Replay, names_come_from_their_source_and_go_with_the_flow)
{
	FrameSpec data = tcp_frame(kAck, 100);
	data.source.port = 443;
	data.dest.port = 50000;
	OneName names;
	names.port = 443;
	names.name = {"example.com", FM_EVIDENCE_SNI, true};
	names.known_after = 2;
	PcapWriter writer(kLinkEthernet);
	writer.add(data.build(), 0, 1).add(data.build(), 0, 2);
	const json flow = replay_bytes(writer.bytes(), false, names)["flows"][0];
	EXPECT_EQ(flow["host"], "example.com");
	EXPECT_EQ(flow["evidence"], "sni");
	EXPECT_EQ(flow["client_port"], 443); // who sent the hello

	FrameSpec fin = data, syn = data;
	fin.tcp_flags = kFin | kAck;
	syn.tcp_flags = kSyn;
	writer.add(fin.build()).add(with_isn(syn.build(), 9));
	const json split = replay_bytes(writer.bytes(), true, names)["flows"];
	ASSERT_EQ(split.size(), 2U);
	EXPECT_EQ(split[0]["host"], "example.com");
	EXPECT_EQ(split[1]["host"], nullptr);
	EXPECT_EQ(split[1]["evidence"], "none");
}

TEST(Replay, a_capture_is_replayed_as_if_it_were_the_first)
{
	FrameSpec syn = tcp_frame(kSyn);
	syn.source.port = 100;
	FrameSpec used = syn;
	used.tcp_flags = kAck;
	PcapWriter whole(kLinkEthernet), tail(kLinkEthernet);
	whole.add(syn.build()).add(used.reversed().build()).add(used.build());
	tail.add(used.build());
	const json alone = replay_bytes(tail.bytes());
	EXPECT_EQ(alone["flows"][0]["class"], "default"); // the lower port answers
	EXPECT_EQ(replay_bytes(whole.bytes())["flows"][0]["class"], "bulk");
	EXPECT_EQ(replay_bytes(tail.bytes()), alone);
}

TEST(Replay, more_new_flows_than_are_noted_in_a_second_have_their_rules)
{
	PcapWriter writer(kLinkEthernet);
	FrameSpec call;
	call.dest.port = 5060;
	call.payload = 0;
	for (std::uint16_t port = 10000; port < 16000; port++) {
		call.source.port = port;
		writer.add(call.build());
	}
	const json flows = replay_bytes(writer.bytes())["flows"];
	ASSERT_EQ(flows.size(), 6000U);
	for (const json &flow : flows)
		ASSERT_EQ(flow["rule"], flows[0]["rule"]);
	EXPECT_NE(flows[0]["rule"], "default");
}

TEST(Replay, frames_longer_than_the_kernel_takes_are_cut_and_counted_whole)
{
	FrameSpec large = tcp_frame(kAck, 20000);
	PcapWriter writer(kLinkEthernet);
	writer.add(tcp_frame(kAck).build()).add(large.build()).add(large.build());
	const json report = replay_bytes(writer.bytes());
	EXPECT_EQ(report["flows"][0]["packets"], 3);
	EXPECT_EQ(report["flows"][0]["bytes"],
		  tcp_frame(kAck).build().size() + 2 * large.build().size());
	ASSERT_LT(loaded().instance->longest_frame(), large.build().size());
	ASSERT_GE(loaded().instance->longest_frame(), 3000U);
	ASSERT_EQ(report["errors"].size(), 1U);
	const auto error = report["errors"][0].get<std::string>();
	EXPECT_TRUE(error.starts_with("2 packets cut to ")) << error;
	EXPECT_TRUE(error.ends_with("the first is record 2")) << error;
}

TEST(Replay, of_a_short_snapshot_the_wire_length_counts)
{
	Bytes frame = tcp_frame(kAck, 1000).build();
	const std::size_t wire = frame.size();
	frame.resize(68);
	const json report = replay_bytes(PcapWriter(kLinkEthernet).add(frame, wire).bytes());
	EXPECT_EQ(report["flows"][0]["bytes"], wire);
	EXPECT_EQ(report["errors"], json::array());
}

TEST(Replay, of_a_broken_capture_what_came_before_is_reported)
{
	PcapWriter writer(kLinkEthernet);
	Bytes cut = writer.add(FrameSpec{}.build()).add(FrameSpec{}.build()).bytes();
	cut.resize(cut.size() - 1);
	for (const Bytes &bytes :
	     {cut, PcapWriter(kLinkEthernet).add(FrameSpec{}.build()).head(~0U, ~0U).bytes()}) {
		const json report = replay_bytes(bytes);
		ASSERT_EQ(report["flows"].size(), 1U);
		EXPECT_EQ(report["flows"][0]["packets"], 1);
		ASSERT_EQ(report["errors"].size(), 1U);
		const auto error = report["errors"][0].get<std::string>();
		EXPECT_TRUE(error.starts_with("record 2, byte ")) << error;
	}
}

TEST(Replay, of_several_link_types_those_that_are_known_are_read)
{
	FrameSpec call;
	call.dest.port = 5060;
	const Bytes frame = call.build();
	PcapngWriter writer;
	writer.interface(kLinkRadio).interface(kLinkEthernet, 96).interface(kLinkRaw, 128);
	writer.add(1, frame).add(0, frame).add(2, without_link(frame)).add(0, frame);
	const json report = replay_bytes(writer.bytes());
	ASSERT_EQ(report["flows"].size(), 1U) << report;
	EXPECT_EQ(report["flows"][0]["packets"], 2);
	EXPECT_EQ(report["flows"][0]["class"], "voice");
	EXPECT_EQ(report["undecided"], json::array());
	ASSERT_EQ(report["errors"].size(), 1U);
	const auto error = report["errors"][0].get<std::string>();
	EXPECT_TRUE(error.starts_with("found link type IEEE802_11_RADIO (127)")) << error;
	EXPECT_TRUE(error.ends_with(": 2 packets not read, the first is record 2")) << error;
}

TEST(Replay, what_cannot_be_read_at_all_is_an_error_and_no_flow)
{
	for (const Bytes &bytes : {Bytes{}, Bytes(100, 'x'), Bytes(100, '\n'),
				   PcapWriter(kLinkRadio).add(Bytes(60, 1)).bytes()}) {
		const json report = replay_bytes(bytes);
		EXPECT_EQ(report["flows"], json::array());
		EXPECT_EQ(report["errors"].size(), 1U);
	}
}

TEST(Replay, the_text_has_the_flows_the_classes_and_what_is_undecided)
{
	FrameSpec call;
	call.dest.port = 5060;
	const json report = replay_bytes(
		PcapWriter(kLinkEthernet).add(call.build()).add({}).bytes());
	const std::string text = render_replay(report, {});
	for (const char *const part : {"PROTOCOL", "198.51.100.7:40000", "203.0.113.9:5060",
				       "voice", "CS0      EF", "FLOWS", "UNDECIDED", "truncated"})
		EXPECT_NE(text.find(part), std::string::npos) << part << '\n' << text;
}

// Every frame shape, whole and cut at every byte: the report's reader finds a flow where
// the programs do, and the same one, for the recent table has its key.
class PacketReaderTest : public testing::TestWithParam<std::tuple<LinkShape, NetShape>> {
      protected:
	static Instance &everything()
	{
		static Loaded loaded(
			"classes: [{ name: all, dscp: EF }]\n"
			"rules: [{ class: all, address: [0.0.0.0/0, \"::/0\"] }]\ndefault: all");
		return *loaded.instance;
	}

	static void compare(const Frame &frame, const std::string &what)
	{
		PacketReader reader;
		const auto packet = reader.read(frame);
		if (frame.bytes.size() < Instance::least_frame(frame) && !packet)
			return; // the kernel does not take it
		everything().forget_all();
		auto verdict = everything().run(frame);
		ASSERT_TRUE(verdict) << what << ": " << verdict.error().message;
		ASSERT_EQ(verdict->outcome < FM_OUTCOME_REASON, packet.has_value()) << what;
		if (packet) {
			ASSERT_EQ(everything().decision_of(packet->key).rule, 0) << what;
		}
	}
};

TEST_P(PacketReaderTest, reads_what_the_programs_read)
{
	FrameSpec spec;
	std::tie(spec.link, spec.net) = GetParam();
	for (const int protocol :
	     {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_GRE}) {
		spec.protocol = static_cast<std::uint8_t>(protocol);
		const Bytes bytes = spec.build();
		for (std::size_t length = 0; length <= bytes.size(); length++)
			compare({{bytes.data(), length}, spec.link == LinkShape::raw},
				fmt::format("{} cut to {}", spec.describe(), length));
	}
}

INSTANTIATE_TEST_SUITE_P(Shapes, PacketReaderTest,
			 testing::Combine(testing::ValuesIn(kLinkShapes),
					  testing::ValuesIn(kNetShapes)));

TEST(Instance, a_forgotten_flow_is_decided_again_and_no_other)
{
	Instance &instance = *loaded().instance;
	const auto decided = [&](const FrameSpec &spec) {
		const Bytes bytes = spec.build();
		auto verdict = instance.run({bytes, spec.link == LinkShape::raw});
		EXPECT_TRUE(verdict);
		return verdict && verdict->decided;
	};
	for (const LinkShape link : {LinkShape::ethernet, LinkShape::vlan, LinkShape::raw})
		for (const NetShape net : {NetShape::ip4, NetShape::ip6}) {
			FrameSpec flow;
			flow.link = link;
			flow.net = net;
			flow.protocol = IPPROTO_TCP;
			FrameSpec other = flow;
			other.source.port++;
			const Bytes bytes = flow.build();
			const auto packet = PacketReader().read({bytes, link == LinkShape::raw});
			ASSERT_TRUE(packet);
			instance.forget_all(); // without a link header the key is the same
			EXPECT_TRUE(decided(flow));
			EXPECT_TRUE(decided(other));
			EXPECT_FALSE(decided(flow));
			instance.forget(packet->key);
			EXPECT_FALSE(decided(other));
			EXPECT_TRUE(decided(flow)) << flow.describe();
			EXPECT_FALSE(decided(flow.reversed()));
		}
}

} // namespace flowmark::test
