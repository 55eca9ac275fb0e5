// SPDX-License-Identifier: Apache-2.0
#include "replay/conversation.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "replay/packet_reader.h"
#include "support/path.h"

namespace flowmark::test {

namespace {

constexpr std::uint8_t kSyn = 2, kAck = 16, kTcp = 6;
constexpr std::size_t kTcpHeader = 20, kTcpSequence = 4, kLinkAddresses = 12;
constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kBuffersFree = 3000; // milliseconds

const Bytes kTwoTags = {0x88, 0xa8, 0, 7, 0x81, 0, 0, 99};

// A policy that looks at marks, too, remembers its decisions otherwise. No packet has this one.
const char *rule_of_marks()
{
	const bool wanted = std::getenv("FLOWMARK_TEST_MARKS") != nullptr;
	return wanted ? "  - { class: other, dscp: 63 }\n" : "";
}

std::string policy(const std::vector<std::string> &hosts, const std::vector<std::string> &others)
{
	return fmt::format("classes: [{{ name: named, dscp: {} }}, {{ name: other, dscp: {} }},\n"
			   "  {{ name: default, dscp: keep }}]\n"
			   "rules:\n"
			   "  - {{ class: named, host: [\"{}\"] }}\n"
			   "  - {{ class: other, host: [\"{}\"] }}\n"
			   "{}default: default\n",
			   kNamed, kOther, fmt::join(hosts, "\", \""), fmt::join(others, "\", \""),
			   rule_of_marks());
}

} // namespace

Bytes tcp_frame(FrameSpec spec, std::uint32_t seq, View data)
{
	spec.payload = data.size();
	Bytes frame = spec.build();
	const std::size_t tcp = frame.size() - data.size() - kTcpHeader;
	for (std::size_t i = 0; i < 4; i++)
		frame[tcp + kTcpSequence + i] = static_cast<std::uint8_t>(seq >> (24 - 8 * i));
	std::copy(data.begin(), data.end(), frame.end() - static_cast<long>(data.size()));
	return frame;
}

NamePath::NamePath(const std::vector<std::string> &hosts, const std::vector<std::string> &others)
	: config_(parse_policy(policy(hosts, others)))
{
	auto loaded = Instance::load(*config_, "lan0");
	if (!loaded)
		throw std::runtime_error(loaded.error().message);
	instance_ = std::move(*loaded);
	names_ = std::make_unique<NameMaps>(instance_->object());
	pass(0);
}

FrameSpec NamePath::fresh()
{
	FrameSpec spec;
	spec.protocol = kTcp;
	flows_++;
	spec.source.ip4 = fmt::format("10.{}.{}.{}", flows_ >> 16 & 255, flows_ >> 8 & 255,
				      flows_ & 255);
	spec.source.ip6 = fmt::format("2001:db8:1::{:x}:{:x}", flows_ >> 16, flows_ & 0xffff);
	pass(kBuffersFree);
	return spec;
}

void NamePath::pass(std::uint64_t milliseconds)
{
	now_ns_ += milliseconds * kNsPerMs;
	instance_->set_time(now_ns_);
}

std::uint8_t NamePath::run(const Frame &frame, fm_flow_key &key)
{
	auto verdict = instance_->run(frame);
	if (!verdict)
		throw std::runtime_error(verdict.error().message);
	const auto left = PacketReader().read({verdict->bytes, frame.raw_ip});
	if (!left)
		throw std::runtime_error("what left is no packet of a flow");
	key = left->key;
	return left->dscp;
}

std::string NamePath::name_of(const fm_flow_key &key) const
{
	const auto name = names_->name_of(key);
	return name ? name->text : "";
}

Conversation::Conversation(NamePath &path, FrameSpec client, std::uint32_t first)
	: path_(path), client_(std::move(client)), first_(first)
{}

std::uint8_t Conversation::send(const FrameSpec &spec, std::uint32_t seq, View data)
{
	Bytes frame = tcp_frame(spec, seq, data);
	if (qinq_)
		frame.insert(frame.begin() + kLinkAddresses, kTwoTags.begin(), kTwoTags.end());
	return path_.run({frame, spec.link == LinkShape::raw}, key_);
}

std::uint8_t Conversation::syn(View data)
{
	FrameSpec spec = client_;
	spec.tcp_flags = kSyn;
	return send(spec, first_ - 1, data);
}

std::uint8_t Conversation::syn_ack()
{
	FrameSpec spec = client_.reversed();
	spec.tcp_flags = kSyn | kAck;
	return send(spec, ~first_ - 1, {});
}

std::uint8_t Conversation::client(std::size_t offset, View data)
{
	return send(client_, first_ + static_cast<std::uint32_t>(offset), data);
}

std::uint8_t Conversation::server(std::size_t offset, View data)
{
	return send(client_.reversed(), ~first_ + static_cast<std::uint32_t>(offset), data);
}

std::uint8_t Conversation::later()
{
	constexpr std::size_t kBehind = 60000;
	const Bytes data(100, 0x17);
	const std::uint8_t dscp = client(kBehind, data);
	for (const std::uint8_t each : {server(0, {}), server(kBehind, data), client(kBehind, {})})
		if (each != dscp)
			return kMixed;
	return dscp;
}

Bytes in_records(View message, const std::vector<std::size_t> &sizes)
{
	Bytes out;
	const auto put = [&](View fragment) {
		const auto size = static_cast<std::uint16_t>(fragment.size());
		out.insert(out.end(), {0x16, 3, 1, static_cast<std::uint8_t>(size >> 8),
				       static_cast<std::uint8_t>(size)});
		out.insert(out.end(), fragment.begin(), fragment.end());
	};
	for (const std::size_t size : sizes) {
		if (message.empty())
			break;
		put(message.first(std::min(size, message.size())));
		message = message.subspan(std::min(size, message.size()));
	}
	if (!message.empty())
		put(message);
	return out;
}

Bytes hello_of_name(const std::string &name)
{
	return in_records(make_hello({.name = name, .before = 300, .behind = 150}));
}

Bytes text(std::string_view characters)
{
	return {characters.begin(), characters.end()};
}

} // namespace flowmark::test
