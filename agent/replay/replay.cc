// SPDX-License-Identifier: Apache-2.0
#include "replay/replay.h"

#include <flowmark/dscp.h>

#include <map>

#include <fmt/format.h>

#include "base/words.h"
#include "replay/capture_file.h"
#include "replay/link_layer.h"
#include "replay/packet_reader.h"

namespace flowmark {

namespace {

// Of the frame as it left, which is as long as it came.
std::uint8_t dscp_of(ByteView bytes, const PacketFacts &packet)
{
	const std::uint8_t *const ip = bytes.data() + packet.l3;
	return packet.key.family == 4 ? fm_dscp_get4(ip) : fm_dscp_get6(ip);
}

// The records of one link type.
struct LinkOfType {
	Result<LinkLayer> layer;
	std::uint64_t first;
	std::uint64_t records = 0;
};

} // namespace

struct Replay::Pass {
	Replay &replay;
	ReplayReport report;
	PacketReader reader;
	FlowTable flows;
	std::map<int, LinkOfType> links; // by DLT_*
	std::uint64_t cut_packets = 0, first_cut = 0;

	void read(const std::string &path);
	void fail(const std::string &path, const std::string &why);
	LinkLayer *link_of(const CaptureRecord &record);
	Result<void> pass(const CaptureRecord &record, Frame frame);
	void cut(const CaptureRecord &record, Frame &frame);
	void take(const CaptureRecord &record, const PacketFacts &packet, const Verdict &verdict);
	ReplayedFlow &flow_of(const PacketFacts &packet);
	void learn_name(ReplayedFlow &flow);
	void leave_undecided(const CaptureRecord &record, unsigned reason);
	void end_reused(const PacketFacts &packet);
	void name_unknown_links(const std::string &path);
	void finish(const std::string &path);
};

void Replay::Pass::fail(const std::string &path, const std::string &why)
{
	report.whole = false;
	report.errors.push_back(fmt::format("{}: {}", path, why));
}

void Replay::Pass::read(const std::string &path)
{
	auto capture = CaptureFile::open(path);
	if (!capture)
		return fail(path, capture.error().message);
	CaptureRecord record;
	while (capture->next(record)) {
		LinkLayer *const link = link_of(record);
		if (link == nullptr)
			continue;
		if (auto passed = pass(record, link->frame(record.bytes)); !passed)
			return fail(path, fmt::format("record {}: {}", record.number,
						      passed.error().message));
	}
	if (!capture->broken().empty())
		fail(path, capture->broken());
}

// Null where the type is not known; name_unknown_links() has the rest.
LinkLayer *Replay::Pass::link_of(const CaptureRecord &record)
{
	auto link = links.find(record.link_type);
	if (link == links.end())
		link = links.try_emplace(record.link_type,
					 LinkOfType{LinkLayer::of(record.link_type), record.number})
			       .first;
	link->second.records++;
	return link->second.layer ? &*link->second.layer : nullptr;
}

void Replay::Pass::name_unknown_links(const std::string &path)
{
	for (const auto &[type, link] : links)
		if (!link.layer)
			fail(path, fmt::format("{}: {} not read, the first is record {}",
					       link.layer.error().message,
					       counted(link.records, "packet"), link.first));
}

// Headers and the first bytes are what the programs look at; the lengths in them stay.
void Replay::Pass::cut(const CaptureRecord &record, Frame &frame)
{
	if (frame.bytes.size() <= replay.instance_.longest_frame())
		return;
	frame.bytes = frame.bytes.first(replay.instance_.longest_frame());
	if (cut_packets++ == 0)
		first_cut = record.number;
}

Result<void> Replay::Pass::pass(const CaptureRecord &record, Frame frame)
{
	cut(record, frame);
	auto packet = reader.read(frame);
	if (!packet && frame.bytes.size() < Instance::least_frame(frame)) {
		leave_undecided(record, FM_REASON_TRUNCATED);
		return {};
	}
	if (packet)
		packet->key.iface = replay.instance_.iface_of(frame);
	if (packet && replay.split_reuse_)
		end_reused(*packet);
	replay.instance_.set_time(record.time_ns);
	auto verdict = replay.instance_.run(frame);
	if (!verdict)
		return verdict.error();
	if (verdict->outcome >= FM_OUTCOME_REASON)
		leave_undecided(record, verdict->outcome - FM_OUTCOME_REASON);
	else if (!packet)
		return Error{"the programs find a flow where the report finds none"};
	else
		take(record, *packet, *verdict);
	replay.names_.after_packet(record.time_ns);
	return {};
}

void Replay::Pass::take(const CaptureRecord &record, const PacketFacts &packet,
			const Verdict &verdict)
{
	ReplayedFlow &flow = flow_of(packet);
	flow.add(packet, {record.wire_bytes, static_cast<std::uint8_t>(verdict.outcome),
			  dscp_of(verdict.bytes, packet)});
	if (!verdict.decided)
		return;
	flow.decision = replay.instance_.decision_of(packet.key);
	learn_name(flow);
	flow.decided_by = replay.names_.name_of(packet.key);
}

// A name is a reason to decide, and where names are kept is bounded: it may be gone at
// the end of the capture.
void Replay::Pass::learn_name(ReplayedFlow &flow)
{
	FlowName name = replay.names_.name_of(flow.key());
	if (name.host.empty() && !flow.name.host.empty())
		return;
	if (!name.hello_from_low)
		name.hello_from_low = flow.name.hello_from_low;
	flow.name = std::move(name);
}

ReplayedFlow &Replay::Pass::flow_of(const PacketFacts &packet)
{
	ReplayedFlow *const known = flows.find(packet.key);
	return known != nullptr ? *known : flows.open(packet);
}

void Replay::Pass::leave_undecided(const CaptureRecord &record, unsigned reason)
{
	Tally &tally = report.undecided[reason];
	tally.packets++;
	tally.bytes += record.wire_bytes;
}

void Replay::Pass::end_reused(const PacketFacts &packet)
{
	ReplayedFlow *const flow = flows.find(packet.key);
	if (flow == nullptr || !flow->ended_by(packet))
		return;
	learn_name(*flow);
	flows.close(packet.key);
	replay.instance_.forget(packet.key);
	replay.names_.forget(packet.key);
}

void Replay::Pass::finish(const std::string &path)
{
	for (ReplayedFlow *const flow : flows.open_flows())
		learn_name(*flow);
	name_unknown_links(path);
	if (cut_packets > 0)
		report.errors.push_back(fmt::format("{}: {} cut to {} bytes, all that this kernel "
						    "takes; the first is record {}",
						    path, counted(cut_packets, "packet"),
						    replay.instance_.longest_frame(), first_cut));
	report.flows = std::move(flows).flows();
}

ReplayReport Replay::run(const std::string &path)
{
	instance_.forget_all();
	names_.forget_all();
	Pass pass{*this, {}, {}, {}, {}};
	pass.read(path);
	pass.finish(path);
	return std::move(pass.report);
}

} // namespace flowmark
