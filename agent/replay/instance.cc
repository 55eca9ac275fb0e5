// SPDX-License-Identifier: Apache-2.0
#include "replay/instance.h"

#include <bpf/bpf.h>
#include <fnmatch.h>
#include <linux/if_ether.h>

#include <algorithm>

#include <fmt/format.h>

#include "datapath/flow_memory.h"
#include "datapath/test_run.h"
#include "policy/bind.h"
#include "policy/compiler.h"
#include "replay/flow_table.h"

namespace flowmark {

namespace {

// One interface to the policy, in two slots: with a link header and without.
constexpr std::uint32_t kEthernetSlot = 1, kRawSlot = 2;
constexpr std::size_t kLongestTried = 1U << 18; // libpcap's bound of a record

std::uint32_t slot_of(bool raw_ip)
{
	return raw_ip ? kRawSlot : kEthernetSlot;
}

// The outcome shall come back with each packet, and skb->priority is where a washed
// class goes. A rate would be held against the speed of the replay: it does not drop.
// Names are looked for whether or not a rule asks for them.
void report_all(fm_view &view)
{
	view.flags |= FM_VIEW_USES_HOSTS;
	for (fm_act &act : view.act[FM_INGRESS])
		act.flags = static_cast<__u8>((act.flags | FM_ACT_PRIORITY | FM_ACT_SYN) &
					      ~FM_ACT_POLICE);
}

} // namespace

Result<std::unique_ptr<Instance>> Instance::load(const Config &config, const std::string &interface)
{
	auto object = BpfObject::load(FM_CACHE_ENTRIES, nullptr, BpfObject::Programs::replay);
	if (!object)
		return object.error();
	std::unique_ptr<Instance> instance(new Instance(std::move(*object)));
	if (auto done = instance->put_in_force(config, interface); !done)
		return done.error();
	instance->find_longest_frame();
	return instance;
}

Result<void> Instance::put_in_force(const Config &config, const std::string &interface)
{
	auto tables = compile(config, {});
	if (!tables)
		return tables.error();
	if (auto staged = writer_.stage(*tables); !staged)
		return staged;
	tells_apart_ = (tables->policy->conditions >> FM_COND_interface & 1U) != 0;
	for (const bool raw_ip : {false, true})
		bind(config, interface, raw_ip);
	fm_iface_cell &cell = object_->iface_cells()[fm_iface_home(kTestRunIfindex)];
	cell.slot = kEthernetSlot;
	cell.ifindex = kTestRunIfindex;
	writer_.flip();
	return {};
}

void Instance::bind(const Config &config, const std::string &interface, bool raw_ip)
{
	const auto spec = std::find_if(
		config.interfaces.begin(), config.interfaces.end(), [&](const InterfaceSpec &each) {
			return fnmatch(each.pattern.c_str(), interface.c_str(), 0) == 0;
		});
	Binding binding;
	binding.slot = slot_of(raw_ip);
	binding.interface = interface;
	binding.raw_ip = raw_ip;
	binding.spec = spec == config.interfaces.end() ? &plain_ : &*spec;
	binding.counter = [&](Direction direction, const std::string &name, bool is_reason) {
		return book_.index({interface, direction, is_reason, name});
	};
	const PolicySlot to = writer_.staged();
	bind_interface(to, config, binding);
	report_all(to.views[binding.slot]);
}

// 6.18 takes what fits a page beside its own bookkeeping, 3,712 bytes.
void Instance::find_longest_frame()
{
	const std::vector<std::uint8_t> zeros(kLongestTried);
	const auto taken = [&](std::size_t bytes) {
		__sk_buff context{};
		return test_run(object_->program_fd(FM_INGRESS), {zeros.data(), bytes}, context,
				out_)
			.ok();
	};
	std::size_t refused = kLongestTried;
	longest_ = ETH_HLEN;
	if (taken(kLongestTried))
		longest_ = kLongestTried;
	while (longest_ + 1 < refused) {
		const std::size_t middle = (longest_ + refused) / 2;
		(taken(middle) ? longest_ : refused) = middle;
	}
}

void Instance::set_time(std::uint64_t time_ns)
{
	object_->replay_ns() = time_ns;
}

// Where Ethernet has its type. Without a link header these bytes are part of an
// address, and the kernel takes them for a type all the same.
std::size_t Instance::least_frame(const Frame &frame)
{
	constexpr std::size_t kIp4 = ETH_HLEN + 20, kIp6 = ETH_HLEN + 40;
	if (frame.bytes.size() < ETH_HLEN)
		return ETH_HLEN;
	const int type = frame.bytes[ETH_HLEN - 2] << 8 | frame.bytes[ETH_HLEN - 1];
	return type == ETH_P_IP ? kIp4 : type == ETH_P_IPV6 ? kIp6 : ETH_HLEN;
}

ByteView Instance::pad(const Frame &frame)
{
	const std::size_t least = least_frame(frame);
	if (frame.bytes.size() >= least)
		return frame.bytes;
	padded_.assign(frame.bytes.begin(), frame.bytes.end());
	padded_.resize(least);
	return padded_;
}

Result<Verdict> Instance::run(const Frame &frame)
{
	__sk_buff context{};
	object_->iface_cells()[fm_iface_home(kTestRunIfindex)].slot = slot_of(frame.raw_ip);
	// Every decision is noted: the bound of their rate never comes near.
	object_->recent_count() = 0;
	const auto done = test_run(object_->program_fd(FM_INGRESS), pad(frame), context, out_);
	if (!done)
		return done.error();
	const std::uint32_t outcome = context.priority - FM_PRIORITY_BASE;
	if (outcome >= FM_OUTCOMES)
		return Error{fmt::format("the programs left no outcome: priority {:#x}",
					 context.priority)};
	return Verdict{outcome, object_->recent_count() != 0, out_};
}

std::uint32_t Instance::iface_of(const Frame &frame) const
{
	return tells_apart_ ? slot_of(frame.raw_ip) + 1 : 0;
}

fm_recent Instance::decision_of(const fm_flow_key &key) const
{
	fm_recent recent{};
	return bpf_map_lookup_elem(object_->recent_fd(), &key, &recent) == 0 ? recent : kNoDecision;
}

void Instance::forget(const fm_flow_key &key)
{
	forget_decision(*object_, flow_hash(*object_, key));
	bpf_map_delete_elem(object_->exact_fd(), &key);
	bpf_map_delete_elem(object_->recent_fd(), &key);
}

void Instance::forget_all()
{
	forget_flows(*object_);
}

} // namespace flowmark
