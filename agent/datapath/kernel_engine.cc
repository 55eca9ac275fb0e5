// SPDX-License-Identifier: Apache-2.0
#include "datapath/kernel_engine.h"

#include <fnmatch.h>
#include <net/if_arp.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "datapath/flow_explainer.h"
#include "datapath/kernel_features.h"
#include "datapath/table_reader.h"
#include "datapath/test_run.h"

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

// Counters are given up in lots: each lot waits for packets on their way.
constexpr std::size_t kRetiredAtOnce = 1024;

// What an interface is bound to that was taken over and is about to be detached.
const InterfaceSpec kLeaving;

bool is_kind(const Hook &hook, HookKind wanted)
{
	return wanted == HookKind::automatic ||
	       (wanted == HookKind::tcx) == (std::string_view(hook.kind()) == "tcx");
}

struct OpenPins {
	std::unique_ptr<PinnedState> state; // null: nothing is to outlive the engine
	std::string why_not;		    // though it was wanted
};

void go_on_without(OpenPins &pins, const std::string &why)
{
	pins.state.reset();
	pins.why_not = why;
	log_warning("cannot pin: marking and counting will end with the agent", {{"reason", why}});
}

Result<OpenPins> open_pins(const EngineOptions &options)
{
	OpenPins pins;
	if (options.pins.empty())
		return pins;
	auto opened = PinFolder::open(options.pins, true);
	if (!opened)
		return opened.error();
	if (opened->folder)
		pins.state = std::make_unique<PinnedState>(std::move(opened->folder));
	else
		go_on_without(pins, opened->why_not);
	return pins;
}

// What is there must be taken over; else pins are a wish.
Result<std::unique_ptr<BpfObject>> load(const EngineOptions &options, OpenPins &pins)
{
	auto object = BpfObject::load(options.cache_entries, pins.state.get());
	if (!pins.state)
		return object;
	const Result<void> pinned = object ? (*object)->pin(*pins.state) : object.error();
	if (pinned)
		return object;
	if (!pins.state->starts_clean())
		return pinned.error();
	pins.state->remove();
	go_on_without(pins, pinned.error().message);
	return object ? std::move(object) : BpfObject::load(options.cache_entries);
}

} // namespace

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions &options)
{
	auto pins = open_pins(options);
	if (!pins)
		return pins.error();
	auto object = load(options, *pins);
	if (!object)
		return object.error();
	auto engine = std::make_unique<KernelEngine>(std::move(*object), std::move(pins->state),
						     options, pins->why_not);
	if (auto restored = engine->restore(); !restored)
		return restored.error();
	return std::unique_ptr<Engine>(std::move(engine));
}

KernelEngine::KernelEngine(std::unique_ptr<BpfObject> object, std::unique_ptr<PinnedState> pins,
			   EngineOptions options, std::string why_not_pinned)
	: object_(std::move(object)), pins_(std::move(pins)), options_(std::move(options)),
	  why_not_pinned_(std::move(why_not_pinned)), writer_(*object_),
	  table_(object_->iface_cells()), canary_(*object_, writer_, table_),
	  book_([this](std::uint16_t index, const CounterKey &key) { new_counter(index, key); })
{
	open_names();
}

// TLS is read without it.
void KernelEngine::open_names()
{
	auto service = NameService::open(*object_, true);
	if (service) {
		name_service_ = std::move(*service);
		return;
	}
	names_error_ = service.error().message;
	log_warning("names are not learned from QUIC and DNS", {{"reason", names_error_}});
}

// A start that failed before it had a policy leaves what it found.
KernelEngine::~KernelEngine()
{
	if (pins_ && (config_ ? options_.keep : pins_->takes_over())) {
		log_info("programs stay attached, mark and count",
			 {{"pins", pins_->folder().path()}});
		return;
	}
	for (auto &[ifindex, link] : links_)
		detach(ifindex, link);
	if (pins_)
		pins_->remove();
}

// The packets go on by the programs, the policy and the slots that are there until
// the first policy of this agent is in force.
Result<void> KernelEngine::restore()
{
	if (!pins_ || !pins_->takes_over())
		return {};
	const PinnedBook::Contents &contents = pins_->contents();
	for (const auto &[index, key] : contents.counters)
		book_.restore(index, key);
	for (const SlotEntry &entry : contents.slots)
		if (auto restored = restore_slot(entry); !restored)
			return restored;
	if (auto removed = remove_strays(); !removed)
		return removed;
	if (contents.damaged > 0)
		log_warning("some records of the book are damaged and ignored",
			    {{"records", contents.damaged}});
	log_info("taking over", {{"pins", pins_->folder().path()},
				 {"generation", writer_.generation()},
				 {"interfaces", links_.size()},
				 {"counters", contents.counters.size()}});
	return {};
}

// An agent that was killed in the middle of a rename leaves two records of one
// interface. The packets follow its cell, and so do we.
Result<void> KernelEngine::restore_slot(const SlotEntry &entry)
{
	const auto in_force = table_.slot_of(static_cast<std::uint32_t>(entry.ifindex));
	if (links_.contains(entry.ifindex) || (in_force && *in_force != entry.slot)) {
		pins_->book().forget_slot(entry.slot);
		return {};
	}
	table_.reserve(entry.slot);
	Link &link = links_[entry.ifindex];
	link.name = entry.name;
	link.raw_ip = entry.raw_ip;
	link.slot = entry.slot;
	for (const Direction direction : {kIngress, kEgress}) {
		auto hook = Hook::find(place_of(entry.ifindex, direction));
		if (!hook)
			return hook.error();
		link.hooks[direction] = std::move(*hook);
	}
	auto xdp = XdpHook::find(entry.ifindex, pins_->folder().path());
	if (!xdp)
		return xdp.error();
	link.xdp = std::move(*xdp);
	link.xdp_inherited = link.xdp != nullptr;
	return {};
}

// What no record stands for: it was killed halfway through its end.
Result<void> KernelEngine::remove_strays()
{
	const std::string &path = pins_->folder().path();
	for (const char *kind : {"links", "filters"})
		for (const Placed &place : placed(path, kind)) {
			if (links_.contains(place.ifindex))
				continue;
			const auto hook = Hook::find({place.ifindex, place.direction, path});
			if (!hook)
				return hook.error();
			if (*hook)
				(*hook)->detach();
			release_qdisc(place.ifindex, path);
		}
	for (const int ifindex : placed_xdp(path)) {
		if (links_.contains(ifindex))
			continue;
		const auto hook = XdpHook::find(ifindex, path);
		if (!hook)
			return hook.error();
		if (*hook)
			(*hook)->detach();
	}
	table_.remove_all_but([this](std::uint32_t ifindex) {
		return links_.contains(static_cast<int>(ifindex));
	});
	return {};
}

HookPlace KernelEngine::place_of(int ifindex, Direction direction) const
{
	return {ifindex, static_cast<fm_direction>(direction), pins_ ? pins_->folder().path() : ""};
}

const InterfaceSpec *KernelEngine::find_spec(const Config &config, const std::string &name)
{
	for (const InterfaceSpec &spec : config.interfaces)
		if (fnmatch(spec.pattern.c_str(), name.c_str(), 0) == 0)
			return &spec;
	return nullptr;
}

std::size_t KernelEngine::counters_missing(const Config &config, const std::string &interface) const
{
	std::size_t missing = 0;
	for (const Direction direction : {kIngress, kEgress}) {
		for (const Class &cls : config.classes)
			missing += book_.has({interface, direction, false, cls.name}) ? 0 : 1;
		for (unsigned reason = 0; reason < FM_REASON_COUNT; reason++)
			missing += book_.has({interface, direction, true, reason_label(reason)})
					   ? 0
					   : 1;
	}
	return missing;
}

std::size_t KernelEngine::counters_missing(const Config &config) const
{
	std::size_t missing = 0;
	for (const auto &[ifindex, link] : links_)
		if (find_spec(config, link.name) != nullptr)
			missing += counters_missing(config, link.name);
	return missing;
}

bool KernelEngine::is_here(const std::string &interface) const
{
	return std::any_of(links_.begin(), links_.end(), [&](const auto &entry) {
		return entry.second.name == interface &&
		       (entry.second.slot || entry.second.spec != nullptr);
	});
}

// Gives up counters of interfaces that have gone, if it must. Their series end
// before the counters begin again at 0 for others.
bool KernelEngine::make_room(std::size_t counters)
{
	if (book_.room() >= counters)
		return true;
	const auto retired = book_.retire(
		std::max(counters - book_.room(), kRetiredAtOnce),
		[this](const std::string &name) { return is_here(name); });
	if (retired.empty())
		return false;
	for (const std::uint16_t index : retired)
		if (pins_)
			pins_->book().forget_counter(index);
	if (auto waited = writer_.wait_for_packets(); !waited) {
		log_warning(waited.error().message);
		return false; // they rest until the next start
	}
	book_.hand_back(retired);
	retired_counters_ += retired.size();
	log_warning("the table of counters is full: interfaces that went first lost theirs",
		    {{"counters", retired.size()}});
	return book_.room() >= counters;
}

void KernelEngine::new_counter(std::uint16_t index, const CounterKey &key)
{
	empty_counter(object_->counters_fd(), object_->drops_fd(), index);
	if (pins_)
		pins_->book().write_counter(index, key);
}

Result<void> KernelEngine::apply(std::shared_ptr<const Config> config)
{
	const std::lock_guard lock(mutex_);
	if (!make_room(counters_missing(*config)))
		return Error{"found more names of classes on the present interfaces than there are "
			     "counters, expected at most 16383 series: flowmark detach, then start "
			     "the agent, begins anew"};
	const auto compiling = Clock::now();
	auto tables = compile(*config, writer_.shared());
	if (!tables)
		return tables.error();
	const auto staging = Clock::now();
	if (auto staged = writer_.stage(*tables); !staged)
		return staged;
	bind_all(writer_.staged(), *config);
	if (!config_)
		if (auto linked = object_->link_programs(); !linked)
			return linked;
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
	binding.mtu = link.mtu;
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
		if (spec == nullptr)
			spec = link.spec;
		bind(to, config, link, spec != nullptr ? *spec : kLeaving);
	}
}

void KernelEngine::adopt(std::shared_ptr<const Config> config)
{
	for (auto &[ifindex, link] : links_)
		link.spec = find_spec(*config, link.name);
	config_ = std::move(config);
	if (name_service_)
		name_service_->use(config_->names);
	names_.add(writer_.generation(), *config_);
	for (auto &[ifindex, link] : links_)
		update_link(ifindex, link);
	attach_waiting(); // what left may have made room
}

void KernelEngine::update_link(int ifindex, Link &link)
{
	if (link.spec == nullptr)
		detach(ifindex, link);
	else
		attach(ifindex, link);
}

// Binds the slot under the link's name. No packet finds it before publish_slot().
void KernelEngine::give_slot(int ifindex, Link &link, std::uint32_t slot)
{
	link.slot = slot;
	if (pins_)
		pins_->book().write_slot({slot, ifindex, link.name, link.raw_ip});
	// NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): who has no spec gets no slot
	bind(writer_.live(), *config_, link, *link.spec);
}

// Also over another slot. False if it found no cell.
bool KernelEngine::publish_slot(int ifindex, const Link &link)
{
	return link.slot && table_.publish(static_cast<std::uint32_t>(ifindex), *link.slot);
}

void KernelEngine::return_slot(std::uint32_t slot)
{
	table_.return_slot(slot);
	if (pins_)
		pins_->book().forget_slot(slot);
}

Result<void> KernelEngine::take_slot(int ifindex, Link &link)
{
	if (link.slot && table_.slot_of(static_cast<std::uint32_t>(ifindex)))
		return {};
	if (link.slot) { // an earlier agent was killed before it had published it
		give_slot(ifindex, link, *link.slot);
		return {};
	}
	if (!make_room(counters_missing(*config_, link.name)))
		return Error{"found no counters left, expected at most 16383 series"};
	const auto slot = table_.take_slot();
	if (!slot)
		return Error{"found more interfaces than fit, expected at most 64"};
	give_slot(ifindex, link, *slot);
	return {};
}

// Marking begins with the cell, when both hooks are there and pinned: an agent that is killed
// between a hook and its pin takes the hook with it, and packets that it had marked would have
// been followed by some that are not.
void KernelEngine::attach(int ifindex, Link &link)
{
	const auto slot = take_slot(ifindex, link);
	if (link.xdp && link.spec->xdp == XdpMode::off)
		drop_xdp(link);
	for (const Direction direction : {kIngress, kEgress}) {
		const std::string before = link.errors[direction];
		link.errors[direction] = slot ? "" : slot.error().message;
		// What an earlier agent knew and nobody has told of yet may be gone: what is
		// attached goes on, the rest waits until it is heard of.
		if (slot && (link.heard_of || link.hooks[direction]))
			put_hook(ifindex, link, direction);
		if (!link.errors[direction].empty() && link.errors[direction] != before)
			log_warning("an interface cannot be attached",
				    {{"interface", link.name},
				     {"direction", direction == kIngress ? "ingress" : "egress"},
				     {"reason", link.errors[direction]}});
	}
	if (!slot || (!link.heard_of && !link.xdp))
		return;
	if (!publish_slot(ifindex, link)) {
		detach(ifindex, link);
		link.errors.fill("found no free cell in the table of interfaces");
		return;
	}
	if (link.spec->xdp != XdpMode::off)
		put_xdp(ifindex, link);
}

// Who has once looked for XDP's notes goes on: some may still be on their way.
int KernelEngine::program_for(Link &link, Direction direction) const
{
	if (direction == kEgress)
		return object_->program_fd(FM_EGRESS);
	link.after_xdp = link.after_xdp || link.xdp || link.spec->xdp != XdpMode::off;
	return link.after_xdp ? object_->after_xdp_fd() : object_->program_fd(FM_INGRESS);
}

// After the hook of ingress, which has to know the notes first.
void KernelEngine::put_xdp(int ifindex, Link &link)
{
	const XdpPrograms programs{object_->xdp_fd(false), object_->xdp_fd(true)};
	const bool generic = link.spec->xdp == XdpMode::generic;
	const std::string before = std::exchange(link.xdp_error, "");
	adopt_xdp(ifindex, link);
	const bool usable = link.xdp && (link.xdp->mode() == XdpMode::generic) == generic &&
			    (!link.xdp_inherited || link.xdp->update(programs));
	link.xdp_inherited = false;
	if (usable)
		return;
	drop_xdp(link);
	auto attached = link.raw_ip ? Error{"the interface has no Ethernet header"}
				    : XdpHook::attach(programs, ifindex, link.spec->xdp,
						      place_of(ifindex, kIngress).pins);
	if (attached) {
		link.xdp = std::move(*attached);
		return;
	}
	link.xdp_error = attached.error().message;
	if (link.xdp_error != before)
		log_warning("no XDP on an interface, tc does all the work",
			    {{"interface", link.name}, {"reason", link.xdp_error}});
}

// What another version has left there, before remove_others() takes it away.
void KernelEngine::adopt_xdp(int ifindex, Link &link)
{
	if (link.xdp || !pins_)
		return;
	for (const std::string &theirs : pins_->folder().others())
		if ((link.xdp = XdpHook::adopt(ifindex, theirs, pins_->folder().path())))
			break;
	link.xdp_inherited = link.xdp != nullptr;
}

void KernelEngine::drop_xdp(Link &link)
{
	if (link.xdp)
		link.xdp->detach();
	link.xdp.reset();
	link.xdp_inherited = false;
}

// Attaches, or has a hook that was taken over run our program.
void KernelEngine::put_hook(int ifindex, Link &link, Direction direction)
{
	auto &hook = link.hooks[direction];
	const int program = program_for(link, direction);
	const bool usable = hook && (link.programs[direction] == program ||
				     (is_kind(*hook, options_.hook) && hook->update(program)));
	link.programs[direction] = program;
	if (usable)
		return;
	if (hook)
		hook->detach();
	hook.reset();
	auto attached = Hook::attach(program, place_of(ifindex, direction), options_.hook);
	if (attached)
		hook = std::move(*attached);
	else
		link.errors[direction] = attached.error().message;
}

void KernelEngine::detach(int ifindex, Link &link)
{
	drop_xdp(link);
	link.xdp_error.clear();
	link.after_xdp = false;
	for (auto &hook : link.hooks) {
		if (hook)
			hook->detach();
		hook.reset();
	}
	link.errors.fill("");
	link.programs.fill(-1);
	if (!link.slot)
		return;
	release_qdisc(ifindex, pins_ ? pins_->folder().path() : "");
	table_.remove(static_cast<std::uint32_t>(ifindex));
	return_slot(*link.slot);
	link.slot.reset();
	book_.interface_left(link.name);
}

// Counters and rules belong to the name. The slot of the new name is ready before
// the interface's packets come to it, so that each is marked and counted by one.
void KernelEngine::rename(int ifindex, Link &link, const std::string &name)
{
	const std::string old_name = std::exchange(link.name, name);
	if (!link.slot)
		return;
	const bool room = link.spec != nullptr && make_room(counters_missing(*config_, link.name));
	book_.interface_left(old_name);
	if (!room || !move_slot(ifindex, link))
		detach(ifindex, link);
}

bool KernelEngine::move_slot(int ifindex, Link &link)
{
	const std::uint32_t old_slot = *link.slot;
	const auto slot = table_.take_slot();
	if (!slot)
		return false;
	give_slot(ifindex, link, *slot);
	const bool moved = publish_slot(ifindex, link);
	return_slot(moved ? old_slot : *slot);
	if (!moved)
		link.slot = old_slot;
	return moved;
}

// There may be a slot now for one that found none.
void KernelEngine::attach_waiting()
{
	for (auto &[ifindex, link] : links_)
		if (link.spec != nullptr && !link.slot)
			attach(ifindex, link);
}

void KernelEngine::interface_up(const InterfaceFacts &interface)
{
	const std::lock_guard lock(mutex_);
	Link &link = links_[interface.ifindex];
	link.heard_of = true;
	link.raw_ip = has_raw_ip(interface.arphrd);
	link.mtu = interface.mtu;
	link.spec = config_ ? find_spec(*config_, interface.name) : nullptr;
	if (link.slot)
		bind_mtu(writer_.live().views[*link.slot], link.mtu);
	if (link.name != interface.name)
		rename(interface.ifindex, link, interface.name);
	update_link(interface.ifindex, link);
}

void KernelEngine::interface_gone(int ifindex)
{
	const std::lock_guard lock(mutex_);
	const auto found = links_.find(ifindex);
	if (found == links_.end())
		return;
	detach(ifindex, found->second);
	links_.erase(found);
	attach_waiting();
}

void KernelEngine::interfaces_listed()
{
	const std::lock_guard lock(mutex_);
	for (auto &[ifindex, link] : links_)
		if (!link.heard_of)
			detach(ifindex, link);
	std::erase_if(links_, [](const auto &entry) { return !entry.second.heard_of; });
	attach_waiting();
	if (pins_)
		pins_->remove_others();
}

std::vector<TableStatus> KernelEngine::policy_tables() const
{
	const auto &[nets, hosts] = writer_.shared();
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
		{"host_names", hosts ? hosts->names : 0, hosts ? hosts->entries.size() : 0, 0},
		{"host_classes", hosts ? hosts->classes.size() : 0, FM_MAX_HOSTS, 0},
		{"counters", book_.entries().size(), FM_MAX_COUNTERS - 1, 0},
	};
}

EngineStatus KernelEngine::status() const
{
	const std::lock_guard lock(mutex_);
	EngineStatus status;
	status.pins = {options_.pins.empty() ? "off" : options_.pins, pins_ != nullptr,
		       pins_ && pins_->takes_over(), why_not_pinned_};
	status.features = feature_status();
	status.retired_counters = retired_counters_;
	status.canary = canary_status_;
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
	for (const auto &[ifindex, link] : links_)
		if (link.spec != nullptr && link.spec->xdp != XdpMode::off)
			status.xdp.push_back(xdp_status(ifindex, link));
	status.tables = policy_tables();
	for (TableStatus &table : read_packet_tables(*object_))
		status.tables.push_back(std::move(table));
	status.programs = read_programs(*object_);
	status.names = read_name_counts(*object_, name_service_.get());
	status.names_error = names_error_;
	return status;
}

// Loopback's, or that of another interface that is not ours; 0 if there is none.
int KernelEngine::spare_ifindex() const
{
	const auto has_slot = [this](int ifindex) {
		const auto link = links_.find(ifindex);
		return link != links_.end() && link->second.slot.has_value();
	};
	if (!has_slot(kTestRunIfindex))
		return kTestRunIfindex;
	for (const auto &[ifindex, link] : links_)
		if (link.heard_of && !link.slot)
			return ifindex;
	return 0;
}

// Rules that ask for an interface are tried as of a real one.
std::string KernelEngine::attached_name() const
{
	for (const auto &[ifindex, link] : links_)
		if (link.slot)
			return link.name;
	return "canary";
}

CanaryRound KernelEngine::run_canary()
{
	const std::lock_guard lock(mutex_);
	if (!config_)
		return {};
	CanaryRound round = canary_.run(config_, attached_name(), spare_ifindex());
	canary_status_.correct += round.correct;
	canary_status_.wrong += round.wrong;
	canary_status_.failed += round.failed;
	canary_status_.last = round;
	return round;
}

XdpStatus KernelEngine::xdp_status(int ifindex, const Link &link) const
{
	const bool proven = link.xdp && link.slot &&
			    object_->xdp_proven()[*link.slot] ==
				    static_cast<std::uint32_t>(ifindex);
	return {link.name, link.spec->xdp, link.xdp ? link.xdp->mode() : XdpMode::off, proven,
		link.xdp_error};
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
	if (known && key.direction == kIngress && cls->police.rate != 0) {
		const CounterSum drops = read_drops(object_->drops_fd(), index);
		count.policed = true;
		count.policed_packets = drops.packets;
		count.policed_bytes = drops.bytes;
	}
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
	return read_flows(*object_, names_, [this](unsigned slot) { return slot_name(slot); });
}

Result<std::vector<ExplainedFlow>> KernelEngine::explain(const FlowQuery &query) const
{
	const std::lock_guard lock(mutex_);
	const auto tables = writer_.live_tables();
	if (!tables)
		return tables.error();
	std::map<std::uint32_t, std::string> slots;
	for (const auto &[ifindex, link] : links_)
		if (link.slot)
			slots.emplace(*link.slot, link.name);
	return FlowExplainer(*object_, *config_, names_, std::move(slots))
		.explain((*tables).tables(), query);
}

} // namespace flowmark
