// SPDX-License-Identifier: Apache-2.0
#include "policy/bind.h"

#include <fnmatch.h>

#include <algorithm>

#include "policy/rule_bits.h"

namespace flowmark {

namespace {

// Those whose answer depends on who opened the flow.
constexpr std::uint32_t kRoleConditions = 1U << FM_COND_client | 1U << FM_COND_server |
					  1U << FM_COND_client_port | 1U << FM_COND_server_port |
					  1U << FM_COND_dscp | 1U << FM_COND_host;

constexpr std::uint32_t kLinkHeader = 14 + 2 * 4; // Ethernet with two tags

bool names_interface(const Values &values, const std::string &name)
{
	return std::any_of(values.names.begin(), values.names.end(), [&](const std::string &glob) {
		return fnmatch(glob.c_str(), name.c_str(), 0) == 0;
	});
}

RuleBits rules_of_interface(const Config &config, const std::string &name)
{
	RuleBits bits;
	for (std::uint32_t rule = 0; rule < config.rules.size(); rule++) {
		const auto &values = config.rules[rule].conditions[FM_COND_interface];
		if (!values || names_interface(*values, name))
			bits.set(rule);
	}
	return bits;
}

void write_rule_row(fm_policy &policy, const Config &config, const Binding &binding)
{
	const RuleBits bits = rules_of_interface(config, binding.interface);
	__u64 *row = &policy.rows[std::size_t{FM_ROW_IFACE + binding.slot} * policy.stride];
	row[0] = bits.summary();
	for (std::uint32_t w = 0; w < policy.words; w++)
		row[1 + w] = bits.word(w);
}

fm_act class_act(const Class &cls, const Binding &binding, Direction direction)
{
	const std::uint8_t dscp = written_dscp(*binding.spec, direction, cls.dscp);
	fm_act act{binding.counter(direction, cls.name, false), dscp, 0};
	if (dscp == FM_DSCP_KEEP)
		act.flags |= FM_ACT_KEEP;
	if (binding.spec->wash[direction] && direction == kEgress)
		act.flags |= FM_ACT_PRIORITY;
	if (cls.police.rate != 0 && direction == kIngress)
		act.flags |= FM_ACT_POLICE;
	return act;
}

// What depends on the policy and on the interface, not on the class.
void write_view(fm_view &view, const fm_policy &policy, const Binding &binding)
{
	const bool uses_dscp = (policy.conditions >> FM_COND_dscp & 1U) != 0;
	const bool tells_apart = (policy.conditions >> FM_COND_interface & 1U) != 0;
	const std::uint32_t stamp = (policy.generation & 0xff) << FM_ENTRY_GENERATION_SHIFT;
	view.iface = tells_apart ? (binding.slot + 1ULL) << FM_KEY_IFACE_SHIFT : 0;
	view.stamp = stamp;
	view.fast_stamp = uses_dscp || binding.raw_ip ? stamp | FM_STAMP_NEVER : stamp;
	view.slot = static_cast<std::uint8_t>(binding.slot);
	view.policy = policy.generation & 1;
	bind_mtu(view, binding.mtu);
	view.flags = 0;
	if (!binding.spec->trust)
		view.flags |= FM_VIEW_UNTRUSTED;
	if (binding.raw_ip)
		view.flags |= FM_VIEW_RAW_IP;
	if (uses_dscp)
		view.flags |= FM_VIEW_USES_DSCP;
	if ((policy.conditions & kRoleConditions) != 0)
		view.flags |= FM_VIEW_USES_ROLES;
	if ((policy.conditions & 1U << FM_COND_vlan) != 0)
		view.flags |= FM_VIEW_USES_VLAN;
	if ((policy.conditions & 1U << FM_COND_host) != 0)
		view.flags |= FM_VIEW_USES_HOSTS;
}

} // namespace

void bind_mtu(fm_view &view, std::uint32_t mtu)
{
	view.max_frame = mtu + kLinkHeader;
}

std::uint8_t written_dscp(const InterfaceSpec &spec, Direction direction, std::uint8_t class_dscp)
{
	if (spec.wash[direction])
		return 0;
	if (!spec.mark[direction])
		return FM_DSCP_KEEP;
	// A mark that is not trusted does not survive a class that sets none.
	if (class_dscp == FM_DSCP_KEEP && !spec.trust && direction == kIngress)
		return 0;
	return class_dscp;
}

const char *reason_label(unsigned reason)
{
	static constexpr const char *kLabels[] = {
#define FM_LABEL(name, label, help) label,
		FM_REASONS(FM_LABEL)
#undef FM_LABEL
	};
	return kLabels[reason];
}

void bind_interface(PolicySlot to, const Config &config, const Binding &binding)
{
	fm_view &view = to.views[binding.slot];
	write_view(view, to.policy, binding);
	write_rule_row(to.policy, config, binding);
	const std::uint8_t syn = (view.flags & FM_VIEW_USES_HOSTS) != 0 ? FM_ACT_SYN : 0;
	for (const Direction direction : {kIngress, kEgress}) {
		fm_act *acts = view.act[direction];
		for (std::size_t i = 0; i < config.classes.size(); i++) {
			acts[i] = class_act(config.classes[i], binding, direction);
			acts[i].flags |= syn;
		}
		for (unsigned reason = 0; reason < FM_REASON_COUNT; reason++)
			acts[FM_OUTCOME_REASON + reason] = {
				binding.counter(direction, reason_label(reason), true),
				FM_DSCP_KEEP, FM_ACT_KEEP};
	}
}

} // namespace flowmark
