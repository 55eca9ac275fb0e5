// SPDX-License-Identifier: Apache-2.0
#include "datapath/bpf_object.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "datapath/kernel_features.h"
#include "datapath/map_pins.h"
#include "datapath/pinned_state.h"
#include "flowmark.skel.h"

namespace flowmark {

namespace {

constexpr std::uint32_t kMinCache = 1U << 12;
constexpr std::uint32_t kMaxCache = 1U << 20;
constexpr std::size_t kDefaultL2 = 1U << 20;
constexpr std::size_t kMaxLog = 4096;

// What libbpf said last, for the error message. Loading happens on one thread.
std::string &libbpf_log()
{
	static std::string log;
	return log;
}

int collect(libbpf_print_level level, const char *format, va_list arguments)
{
	if (level != LIBBPF_WARN)
		return 0;
	char line[512];
	const int length = vsnprintf(line, sizeof(line), format, arguments);
	if (libbpf_log().size() < kMaxLog)
		libbpf_log() += line;
	return length;
}

std::size_t l2_bytes()
{
	std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index2/size");
	std::size_t kib = 0;
	return file >> kib ? kib * 1024 : kDefaultL2;
}

// Twice the L2 cache. Few flows touch few of its lines, however large it is; with many,
// an entry that comes from the L3 still costs a quarter of a decision made again.
std::uint32_t default_cache_entries()
{
	const auto entries = static_cast<std::uint32_t>(l2_bytes() * 2 / sizeof(std::uint64_t));
	return std::clamp(std::bit_floor(entries), kMinCache, kMaxCache);
}

std::uint8_t cache_shift(std::uint32_t cache_entries)
{
	return static_cast<std::uint8_t>(64 - std::countr_zero(cache_entries));
}

// The part of the views that is the same for as long as the maps live.
Result<void> fill_views(flowmark_bpf &skeleton, std::uint32_t cache_entries)
{
	fm_view view{};
	if (getrandom(view.seed, sizeof(view.seed), 0) != static_cast<ssize_t>(sizeof(view.seed)))
		return errno_error("cannot get random bytes");
	for (auto &seed : view.seed)
		seed |= 1;
	view.cache_shift = cache_shift(cache_entries);
	for (auto &views : skeleton.data_views->fm_views)
		std::fill(std::begin(views), std::end(views), view);
	return {};
}

void leave_out_all_but_ingress(flowmark_bpf &skeleton)
{
	const auto &programs = skeleton.progs;
	for (bpf_program *const program :
	     {programs.flowmark_out, programs.flowmark_out_full, programs.flowmark_out_names,
	      programs.flowmark_after, programs.flowmark_xdp, programs.flowmark_xdp_frags})
		bpf_program__set_autoload(program, false);
}

// Another version's constants are not ours: then the map is made anew.
Result<bool> reuse_constants(bpf_map *map, const PinFolder &folder)
{
	const std::string path = folder.map_path(bpf_map__name(map));
	const UniqueFd pinned(bpf_obj_get(path.c_str()));
	const std::uint32_t key = 0;
	std::vector<char> bytes(bpf_map__value_size(map));
	if (!pinned.valid() || bpf_map_lookup_elem(pinned.fd(), &key, bytes.data()) != 0)
		return errno_error("cannot read " + path);
	std::size_t size = 0;
	const auto *ours = static_cast<const char *>(bpf_map__initial_value(map, &size));
	if (!std::equal(bytes.begin(), bytes.end(), ours, ours + size))
		return false;
	return reuse_map(map, folder);
}

} // namespace

MapWindow::MapWindow(MapWindow &&other) noexcept
	: data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0))
{}

MapWindow &MapWindow::operator=(MapWindow &&other) noexcept
{
	std::swap(data_, other.data_);
	std::swap(bytes_, other.bytes_);
	return *this;
}

MapWindow::~MapWindow()
{
	if (data_ != nullptr)
		munmap(data_, bytes_);
}

Result<MapWindow> MapWindow::open(int map_fd, std::size_t bytes)
{
	const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
	bytes = (bytes + page - 1) / page * page;
	void *data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	if (data == MAP_FAILED)
		return errno_error("cannot map a BPF array");
	return MapWindow(data, bytes);
}

Result<std::unique_ptr<BpfObject>> BpfObject::load(std::uint32_t cache_entries, PinnedState *pins,
						   Programs programs)
{
	libbpf_set_print(collect);
	libbpf_log().clear();
	std::unique_ptr<BpfObject> object(new BpfObject);
	object->skeleton_ = flowmark_bpf__open();
	if (object->skeleton_ == nullptr)
		return errno_error("cannot open the BPF object");
	object->cache_entries_ = cache_entries != 0 ? cache_entries : default_cache_entries();
	bpf_map__set_max_entries(object->skeleton_->maps.fm_cache, object->cache_entries_);
	if (!kernel_features().xdp_frags)
		bpf_program__set_autoload(object->skeleton_->progs.flowmark_xdp_frags, false);
	if (programs == Programs::replay) {
		leave_out_all_but_ingress(*object->skeleton_);
		object->skeleton_->rodata->fm_replay = 1;
	}
	if (auto ready = object->set_up_maps(pins); !ready)
		return ready.error();
	if (const int status = flowmark_bpf__load(object->skeleton_); status != 0)
		return errno_error("cannot load the BPF programs: " + libbpf_log(), status);
	// libbpf does without where it takes a failed probe for an old kernel.
	if (object->skeleton_->bss == nullptr || object->skeleton_->data_views == nullptr ||
	    object->skeleton_->data_ifaces == nullptr)
		return Error{"cannot map the global data of the BPF programs"};
	if (auto opened = object->open_windows(); !opened)
		return opened.error();
	if (pins != nullptr && pins->takes_over())
		object->set_cache_shift();
	else if (auto linked = object->link_programs(); !linked)
		return linked.error();
	return object;
}

Result<void> BpfObject::set_up_maps(PinnedState *pins)
{
	bpf_map *map = nullptr;
	bpf_object__for_each_map(map, skeleton_->obj) map_names_.emplace_back(bpf_map__name(map));
	if (pins != nullptr)
		if (auto prepared = pins->prepare(
			    data_layout(skeleton_->obj, skeleton_->maps.fm_cache));
		    !prepared)
			return prepared;
	if (pins != nullptr && pins->takes_over())
		return take_over(pins->folder());
	return fill_views(*skeleton_, cache_entries_);
}

// A cache of another size is made anew: it may forget at any time. The seeds, by
// which facts are found, stay in the views.
Result<void> BpfObject::take_over(const PinFolder &folder)
{
	bpf_map *map = nullptr;
	bpf_object__for_each_map(map, skeleton_->obj)
	{
		const bool constant = (bpf_map__map_flags(map) & BPF_F_RDONLY_PROG) != 0;
		const auto reused = constant ? reuse_constants(map, folder)
					     : reuse_map(map, folder);
		if (!reused)
			return reused.error();
		if (!*reused && !constant && map != skeleton_->maps.fm_cache)
			return Error{folder.map_path(bpf_map__name(map)) + " has another size"};
	}
	return {};
}

// Earlier programs may still run, over a cache of another size: the lookup bounds
// where they look.
void BpfObject::set_cache_shift()
{
	for (auto &views : skeleton_->data_views->fm_views)
		for (fm_view &view : views)
			view.cache_shift = cache_shift(cache_entries_);
}

Result<void> BpfObject::pin(PinnedState &pins) const
{
	if (auto pinned = pin_maps(skeleton_->obj, map_names_, pins.folder()); !pinned)
		return pinned;
	return pins.takes_over() ? Result<void>() : pins.complete();
}

BpfObject::~BpfObject()
{
	flowmark_bpf__destroy(skeleton_);
}

Result<void> BpfObject::open_windows()
{
	const struct {
		MapWindow &window;
		bpf_map *map;
		std::size_t bytes;
	} windows[] = {
		{policies_, skeleton_->maps.fm_policies, 2 * sizeof(fm_policy)},
		{cache_, skeleton_->maps.fm_cache, cache_entries_ * sizeof(std::uint64_t)},
	};
	for (const auto &entry : windows) {
		auto window = MapWindow::open(bpf_map__fd(entry.map), entry.bytes);
		if (!window)
			return window.error();
		entry.window = std::move(*window);
	}
	return {};
}

// The entry programs hand what they leave to the full ones, those what may say a name to
// the ones that look for it.
Result<void> BpfObject::link_programs()
{
	const auto &programs = skeleton_->progs;
	const struct {
		std::uint32_t key;
		bpf_program *program;
	} links[] = {
		{FM_PROGRAM_FULL + FM_INGRESS, programs.flowmark_in_full},
		{FM_PROGRAM_FULL + FM_EGRESS, programs.flowmark_out_full},
		{FM_PROGRAM_NAMES + FM_INGRESS, programs.flowmark_in_names},
		{FM_PROGRAM_NAMES + FM_EGRESS, programs.flowmark_out_names},
	};
	for (const auto &link : links) {
		const int fd = bpf_program__fd(link.program);
		if (fd < 0)
			continue; // left out
		if (bpf_map_update_elem(bpf_map__fd(skeleton_->maps.fm_programs), &link.key, &fd,
					BPF_ANY))
			return errno_error("cannot fill the program table");
	}
	return {};
}

fm_view *BpfObject::views(std::uint32_t policy) const
{
	return skeleton_->data_views->fm_views[policy & 1];
}

fm_iface_cell *BpfObject::iface_cells() const
{
	return skeleton_->data_ifaces->fm_ifaces;
}

int BpfObject::program_fd(fm_direction direction) const
{
	return bpf_program__fd(direction == FM_INGRESS ? skeleton_->progs.flowmark_in
						       : skeleton_->progs.flowmark_out);
}

int BpfObject::xdp_fd(bool frags) const
{
	return bpf_program__fd(frags ? skeleton_->progs.flowmark_xdp_frags
				     : skeleton_->progs.flowmark_xdp);
}

int BpfObject::after_xdp_fd() const
{
	return bpf_program__fd(skeleton_->progs.flowmark_after);
}

int BpfObject::drops_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_drops);
}

volatile std::uint32_t *BpfObject::xdp_proven() const
{
	return skeleton_->bss->fm_xdp_proven;
}

volatile std::uint32_t &BpfObject::recent_count() const
{
	return skeleton_->bss->fm_recent_count;
}

std::uint8_t *BpfObject::exact_seen() const
{
	return skeleton_->bss->fm_exact_seen;
}

int BpfObject::net4_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_net4);
}

int BpfObject::net6_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_net6);
}

int BpfObject::hosts_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_hosts);
}

int BpfObject::exact_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_exact);
}

int BpfObject::frags_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_frags);
}

int BpfObject::recent_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_recent);
}

int BpfObject::counters_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_counters);
}

int BpfObject::failures_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_failures);
}

int BpfObject::names_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_names);
}

int BpfObject::new_names_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_new_names);
}

int BpfObject::bindings_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_bindings);
}

int BpfObject::public_names_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_public_names);
}

int BpfObject::punts_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_punts);
}

int BpfObject::name_events_fd() const
{
	return bpf_map__fd(skeleton_->maps.fm_name_events);
}

std::uint8_t *BpfObject::name_seen() const
{
	return skeleton_->bss->fm_name_seen;
}

volatile std::uint32_t &BpfObject::has_bindings() const
{
	return skeleton_->bss->fm_has_bindings;
}

volatile __u64 &BpfObject::replay_ns() const
{
	return skeleton_->bss->fm_replay_ns;
}

void BpfObject::set_generation(std::uint32_t generation)
{
	__atomic_store_n(&skeleton_->bss->fm_generation, generation, __ATOMIC_RELEASE);
}

std::uint32_t BpfObject::generation() const
{
	return skeleton_->bss->fm_generation;
}

} // namespace flowmark
