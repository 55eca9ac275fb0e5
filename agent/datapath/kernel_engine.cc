// SPDX-License-Identifier: Apache-2.0
#include "datapath/kernel_engine.h"

#include <fnmatch.h>
#include <net/if_arp.h>

#include <algorithm>
#include <chrono>

#include "datapath/table_reader.h"

namespace flowmark {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start)
{
	return std::chrono::duration<double>(Clock::now() - start).count();
}

// Devices whose frames begin with a link header of 14 bytes. Everything else that
// carries IP (tun, ppp, wireguard, ipip) hands over the bare packet.
bool has_raw_ip(unsigned arphrd)
{
	return arphrd != ARPHRD_ETHER && arphrd != ARPHRD_LOOPBACK;
}

} // namespace

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions &options)
{
	auto object = BpfObject::load(options.cache_entries);
	if (!object)
		return object.error();
	return std::unique_ptr<Engine>(
		std::make_unique<KernelEngine>(std::move(*object), options.hook));
}

KernelEngine::KernelEngine(std::unique_ptr<BpfObject> object, HookKind hook)
	: object_(std::move(object)), hook_(hook), writer_(*object_), table_(object_->iface_cells())
{}

const InterfaceSpec *KernelEngine::find_spec(const Config &config, const std::string &name)
{
	for (const InterfaceSpec &spec : config.interfaces)
		if (fnmatch(spec.pattern.c_str(), name.c_str(), 0) == 0)
			return &spec;
	return nullptr;
}

// Counters are never reused, so a config may ask for more than are left.
bool KernelEngine::counters_fit(const Config &config) const
{
	std::size_t needed = 0;
	for (const auto &[ifindex, link] : links_) {
		if (find_spec(config, link.name) == nullptr)
			continue;
		for (const Direction direction : {kIngress, kEgress}) {
			for (const Class &cls : config.classes)
				needed += book_.has({link.name, direction, false, cls.name}) ? 0
											     : 1;
			for (unsigned reason = 0; reason < FM_REASON_COUNT; reason++)
				needed += book_.has({link.name, direction, true,
						     reason_label(reason)})
						  ? 0
						  : 1;
		}
	}
	return needed <= book_.room();
}

Result<void> KernelEngine::apply(std::shared_ptr<const Config> config)
{
	const std::lock_guard lock(mutex_);
	if (!counters_fit(*config))
		return Error{
			"found more class and interface names since the agent started than "
			"there are counters, expected at most 16383 series: restart the agent"};
	const auto compiling = Clock::now();
	auto tables = compile(*config, writer_.nets());
	if (!tables)
		return tables.error();
	const auto staging = Clock::now();
	if (auto staged = writer_.stage(*tables); !staged)
		return staged;
	bind_all(writer_.staged(), *config);
	writer_.flip();
	compile_seconds_ = std::chrono::duration<double>(staging - compiling).count();
	stage_seconds_ = seconds_since(staging);
	rows_ = tables->rows;
	max_rows_ = tables->max_rows;
	adopt(std::move(config));
	return {};
}

void KernelEngine::bind(PolicySlot to, const Config &config, const Link &link,
			const InterfaceSpec &spec)
{
	Binding binding;
	binding.slot = *link.slot;
	binding.interface = link.name;
	binding.raw_ip = link.raw_ip;
	binding.spec = &spec;
	binding.counter = [&](Direction direction, const std::string &name, bool is_reason) {
		return book_.index({link.name, direction, is_reason, name});
	};
	bind_interface(to, config, binding);
}

// Attached interfaces keep their slot over a reload. One that the new config does
// not name stays bound to the old options until it is detached, a moment later.
void KernelEngine::bind_all(PolicySlot to, const Config &config)
{
	for (const auto &[ifindex, link] : links_) {
		if (!link.slot)
			continue;
		const InterfaceSpec *spec = find_spec(config, link.name);
		bind(to, config, link, spec != nullptr ? *spec : *link.spec);
	}
}

void KernelEngine::adopt(std::shared_ptr<const Config> config)
{
	for (auto &[ifindex, link] : links_)
		link.spec = find_spec(*config, link.name);
	config_ = std::move(config);
	names_.add(writer_.generation(), *config_);
	for (auto &[ifindex, link] : links_)
		update_link(ifindex, link);
}

void KernelEngine::update_link(int ifindex, Link &link)
{
	if (link.spec == nullptr)
		detach(ifindex, link);
	else
		attach(ifindex, link);
}

bool KernelEngine::take_slot(int ifindex, Link &link)
{
	if (link.slot)
		return true;
	link.slot = table_.take_slot();
	if (!link.slot)
		return false;
	bind(writer_.live(), *config_, link, *link.spec);
	if (table_.insert(static_cast<std::uint32_t>(ifindex), *link.slot))
		return true;
	table_.return_slot(*link.slot);
	link.slot.reset();
	return false;
}

void KernelEngine::attach(int ifindex, Link &link)
{
	if (!take_slot(ifindex, link)) {
		link.errors.fill("found more interfaces than fit, expected at most 64");
		return;
	}
	for (const Direction direction : {kIngress, kEgress}) {
		if (link.hooks[direction])
			continue;
		const auto kernel_direction = static_cast<fm_direction>(direction);
		auto hook = Hook::attach(object_->program_fd(kernel_direction), ifindex,
					 kernel_direction, hook_);
		link.errors[direction] = hook ? "" : hook.error().message;
		if (hook)
			link.hooks[direction] = std::move(*hook);
	}
}

void KernelEngine::detach(int ifindex, Link &link)
{
	for (auto &hook : link.hooks)
		hook.reset();
	link.errors.fill("");
	if (!link.slot)
		return;
	table_.remove(static_cast<std::uint32_t>(ifindex));
	table_.return_slot(*link.slot);
	link.slot.reset();
}

void KernelEngine::interface_up(int ifindex, const std::string &name, unsigned arphrd)
{
	const std::lock_guard lock(mutex_);
	Link &link = links_[ifindex];
	if (link.name != name)
		detach(ifindex, link); // its counters and rules belong to the name
	link.name = name;
	link.raw_ip = has_raw_ip(arphrd);
	link.spec = config_ ? find_spec(*config_, name) : nullptr;
	update_link(ifindex, link);
}

void KernelEngine::interface_gone(int ifindex)
{
	const std::lock_guard lock(mutex_);
	const auto found = links_.find(ifindex);
	if (found == links_.end())
		return;
	detach(ifindex, found->second);
	links_.erase(found);
}

std::vector<TableStatus> KernelEngine::policy_tables() const
{
	const auto nets = writer_.nets();
	const std::size_t net4 = nets ? nets->net4_runs.size() : 0;
	const std::size_t classes = nets ? nets->classes.size() : 0;
	return {
		{"rules", config_ ? config_->rules.size() : 0, FM_MAX_RULES, 0},
		{"classes", config_ ? config_->classes.size() : 0, FM_MAX_CLASSES, 0},
		{"set_members", config_ ? config_->set_members() : 0, FM_MAX_SET_MEMBERS, 0},
		{"interfaces", table_.used(), FM_MAX_INTERFACES, 0},
		{"rule_bitmaps", rows_, max_rows_, 0},
		{"address_classes", classes, FM_MAX_NETS, 0},
		{"ipv4_intervals", net4, FM_NET4_OFFSET_MASK + 1, 0},
		{"ipv6_nodes", nets ? nets->net6.size() : 0, FM_NET6_TREE, 0},
		{"counters", book_.entries().size(), FM_MAX_COUNTERS - 1, 0},
	};
}

EngineStatus KernelEngine::status() const
{
	const std::lock_guard lock(mutex_);
	EngineStatus status;
	status.policy.generation = writer_.generation();
	status.policy.compile_seconds = compile_seconds_;
	status.policy.stage_seconds = stage_seconds_;
	if (config_) {
		status.policy.rules = config_->rules.size();
		status.policy.classes = config_->classes.size();
		status.policy.sets = config_->sets.size();
		status.policy.set_members = config_->set_members();
	}
	for (const auto &[ifindex, link] : links_) {
		if (link.spec == nullptr)
			continue;
		for (const Direction direction : {kIngress, kEgress}) {
			const auto &hook = link.hooks[direction];
			status.interfaces.push_back({link.name, ifindex, direction,
						     hook ? hook->kind() : "none", hook != nullptr,
						     link.errors[direction],
						     link.spec->mark[direction], link.spec->trust,
						     link.spec->wash[direction]});
		}
	}
	status.tables = policy_tables();
	for (TableStatus &table : read_packet_tables(*object_))
		status.tables.push_back(std::move(table));
	status.programs = read_programs(*object_);
	return status;
}

ClassCount KernelEngine::count_of(const CounterKey &key, std::uint16_t index) const
{
	const CounterSum counter = read_counter(object_->counters_fd(), index);
	const auto cls = std::find_if(config_->classes.begin(), config_->classes.end(),
				      [&](const Class &c) { return c.name == key.name; });
	const bool known = cls != config_->classes.end() && !key.is_reason;
	const bool here = std::any_of(links_.begin(), links_.end(), [&](const auto &entry) {
		return entry.second.slot && entry.second.name == key.interface;
	});
	ClassCount count;
	count.interface = key.interface;
	count.direction = key.direction;
	count.name = key.name;
	count.is_reason = key.is_reason;
	count.dscp = known ? cls->dscp : FM_DSCP_KEEP;
	count.current = here && (known || key.is_reason);
	count.packets = counter.packets;
	count.bytes = counter.bytes;
	count.marked = counter.marked;
	return count;
}

std::vector<ClassCount> KernelEngine::counts() const
{
	const std::lock_guard lock(mutex_);
	std::vector<ClassCount> counts;
	if (!config_)
		return counts;
	for (const auto &[key, index] : book_.entries())
		counts.push_back(count_of(key, index));
	const auto order = [&](const std::string &name) {
		const auto &classes = config_->classes;
		return std::find_if(classes.begin(), classes.end(),
				    [&](const Class &c) { return c.name == name; }) -
		       classes.begin();
	};
	std::stable_sort(counts.begin(), counts.end(), [&](const auto &a, const auto &b) {
		return std::tuple(a.interface, a.direction, a.is_reason, order(a.name)) <
		       std::tuple(b.interface, b.direction, b.is_reason, order(b.name));
	});
	return counts;
}

std::string KernelEngine::slot_name(unsigned slot) const
{
	for (const auto &[ifindex, link] : links_)
		if (link.slot == slot)
			return link.name;
	return "";
}

std::vector<FlowStatus> KernelEngine::flows() const
{
	const std::lock_guard lock(mutex_);
	return read_flows(object_->recent_fd(), names_,
			  [this](unsigned slot) { return slot_name(slot); });
}

} // namespace flowmark
