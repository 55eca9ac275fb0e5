// SPDX-License-Identifier: Apache-2.0
#include "datapath/canary.h"

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include <fmt/format.h>

#include "config/scalars.h"
#include "datapath/flow_memory.h"
#include "datapath/test_run.h"
#include "explain/flow_query.h"

namespace flowmark {

namespace {

// Marks both ways, believes marks, washes none.
const InterfaceSpec kPlainSpec;

const char *name_of(fm_direction direction)
{
	return direction == FM_INGRESS ? "ingress" : "egress";
}

// The DSCP of a frame of ours.
std::uint8_t dscp_of(const PlainPacket &packet, const std::vector<std::uint8_t> &frame)
{
	const std::size_t ip = packet.vlan == 0 ? 14 : 18;
	const int word = frame[ip] << 8 | frame[ip + 1];
	return static_cast<std::uint8_t>((packet.family == 4 ? word >> 2 : word >> 6) & 0x3f);
}

fm_flow_key key_of_probe(const Probe &probe, std::uint32_t slot)
{
	const PlainPacket &packet = probe.packet;
	FlowQuery flow;
	flow.family = packet.family;
	flow.protocol = packet.protocol;
	flow.client = {{packet.source[0], packet.source[1]}, packet.source_port};
	flow.server = {{packet.dest[0], packet.dest[1]}, packet.dest_port};
	flow.vlan = packet.vlan;
	return key_of(flow, slot + 1);
}

} // namespace

// A probe shows the rules and nothing else: no name that somebody was told, no bucket that
// traffic has filled, no counter of anybody's. Its class comes back in skb->priority, as of a
// washed packet: where a class keeps marks, the bytes say nothing.
void Canary::bind(const Config &config, const std::string &interface, std::uint32_t slot)
{
	Binding binding;
	binding.slot = slot;
	binding.interface = interface;
	binding.spec = &kPlainSpec;
	binding.counter = [](Direction, const std::string &, bool) -> std::uint16_t {
		return FM_COUNTER_LOST; // which nothing shows
	};
	const PolicySlot live = writer_.live();
	bind_interface(live, config, binding);
	fm_view &view = live.views[slot];
	view.flags &= static_cast<__u8>(~FM_VIEW_USES_HOSTS);
	view.iface = (slot + 1ULL) << FM_KEY_IFACE_SHIFT;
	for (auto &acts : view.act)
		for (fm_act &act : acts)
			act.flags = static_cast<__u8>((act.flags | FM_ACT_PRIORITY) &
						      ~(FM_ACT_POLICE | FM_ACT_SYN));
}

CanaryRound Canary::run(const std::shared_ptr<const Config> &config, const std::string &interface,
			int ifindex)
{
	CanaryRound round;
	if (ifindex == 0) {
		round.error = "the policy has every interface there is";
		return round;
	}
	const auto slot = table_.take_slot();
	if (!slot) {
		round.error = "every slot of an interface is in use";
		return round;
	}
	if (config != config_ || interface != interface_) {
		probes_ = make_probes(*config, interface);
		config_ = config;
		interface_ = interface;
	}
	bind(*config, interface, *slot);
	if (table_.publish(static_cast<std::uint32_t>(ifindex), *slot)) {
		round = run_all(ifindex, *slot);
		table_.remove(static_cast<std::uint32_t>(ifindex));
	} else {
		round.error = "no free cell in the table of interfaces";
	}
	table_.return_slot(*slot);
	return round;
}

// Each packet twice: decided at one hook, recalled at the other, in turns.
CanaryRound Canary::run_all(int ifindex, std::uint32_t slot)
{
	CanaryRound round;
	round.looked = true;
	const fm_direction first = egress_first_ ? FM_EGRESS : FM_INGRESS;
	const fm_direction second = egress_first_ ? FM_INGRESS : FM_EGRESS;
	egress_first_ = !egress_first_;
	for (const Probe &probe : probes_) {
		const fm_flow_key key = key_of_probe(probe, slot);
		forget_decision(object_, flow_hash(object_, key));
		run_one(probe, first, ifindex, round);
		run_one(probe, second, ifindex, round);
		forget_decision(object_, flow_hash(object_, key));
		bpf_map_delete_elem(object_.recent_fd(), &key);
	}
	return round;
}

void Canary::run_one(const Probe &probe, fm_direction direction, int ifindex, CanaryRound &round)
{
	__sk_buff context{};
	context.ifindex = static_cast<__u32>(ifindex);
	const auto verdict = test_run(object_.program_fd(direction), probe.arrives, context, out_);
	std::string error;
	if (!verdict) {
		round.failed++;
		error = verdict.error().message;
	} else if (*verdict != TC_ACT_UNSPEC) {
		round.wrong++;
		error = fmt::format("{} is not handed on", describe(probe, direction));
	} else if (context.priority != FM_PRIORITY_BASE + probe.class_index) {
		round.wrong++;
		error = fmt::format("{} is not of class {}", describe(probe, direction),
				    config_->classes[probe.class_index].name);
	} else if (out_ != probe.leaves) {
		round.wrong++;
		error = fmt::format(
			"{} leaves with DSCP {}, expected {}", describe(probe, direction),
			format_dscp(dscp_of(probe.packet, out_)), format_dscp(probe.dscp));
	} else {
		round.correct++;
	}
	if (round.error.empty())
		round.error = error;
}

std::string Canary::describe(const Probe &probe, fm_direction direction) const
{
	const bool by_rule = probe.rule < config_->rules.size();
	const Location &where = by_rule ? config_->rules[probe.rule].location : Location{};
	return fmt::format("a known packet ({}, {}) at {}", format_protocol(probe.packet.protocol),
			   by_rule ? fmt::format("{}:{}", config_->files[where.file], where.line)
				   : "default",
			   name_of(direction));
}

} // namespace flowmark
