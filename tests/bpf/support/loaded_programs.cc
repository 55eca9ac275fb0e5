// SPDX-License-Identifier: Apache-2.0
#include "support/loaded_programs.h"

#include <bpf/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace flowmark::test {

namespace {

constexpr std::uint32_t kCacheEntries = 1U << 16;

[[noreturn]] void fail(const std::string &what)
{
	throw std::runtime_error(what + ": " + strerror(errno));
}

std::size_t page_bytes()
{
	return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

struct OpenMap {
	UniqueFd fd;
	bpf_map_info info{};

	explicit OpenMap(std::uint32_t id) : fd(bpf_map_get_fd_by_id(id))
	{
		std::uint32_t size = sizeof(info);
		if (!fd.valid() || bpf_obj_get_info_by_fd(fd.fd(), &info, &size) != 0)
			fail("cannot look at a map");
	}
};

void add_maps_of(int program_fd, std::set<std::uint32_t> &ids)
{
	std::vector<std::uint32_t> found(128);
	bpf_prog_info info{};
	std::uint32_t size = sizeof(info);
	info.map_ids = reinterpret_cast<std::uint64_t>(found.data());
	info.nr_map_ids = static_cast<std::uint32_t>(found.size());
	if (bpf_obj_get_info_by_fd(program_fd, &info, &size) != 0 || info.nr_map_ids > found.size())
		fail("cannot look at a program");
	ids.insert(found.begin(), found.begin() + info.nr_map_ids);
}

// Those of the entry programs, and so the data that all programs share.
std::set<std::uint32_t> maps_of(const BpfObject &object)
{
	std::set<std::uint32_t> ids;
	for (const int fd :
	     {object.program_fd(FM_INGRESS), object.program_fd(FM_EGRESS), object.xdp_fd(false)})
		add_maps_of(fd, ids);
	for (const int fd :
	     {object.net4_fd(), object.net6_fd(), object.hosts_fd(), object.exact_fd(),
	      object.frags_fd(), object.recent_fd(), object.counters_fd(), object.drops_fd(),
	      object.failures_fd(), object.names_fd(), object.new_names_fd(), object.bindings_fd(),
	      object.public_names_fd(), object.punts_fd(), object.name_events_fd()}) {
		bpf_map_info info{};
		std::uint32_t size = sizeof(info);
		if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0)
			fail("cannot look at a map");
		ids.insert(info.id);
	}
	return ids;
}

void delete_all(const OpenMap &map)
{
	std::vector<char> key(map.info.key_size);
	while (bpf_map_get_next_key(map.fd.fd(), nullptr, key.data()) == 0)
		bpf_map_delete_elem(map.fd.fd(), key.data());
}

void write_zeros(const OpenMap &map)
{
	const auto cpus = static_cast<std::size_t>(sysconf(_SC_NPROCESSORS_CONF));
	const std::vector<char> zeros((map.info.value_size + 7U) / 8 * 8 * cpus);
	for (std::uint32_t key = 0; key < map.info.max_entries; key++)
		if (bpf_map_update_elem(map.fd.fd(), &key, zeros.data(), BPF_ANY) != 0)
			fail("cannot empty a map");
}

// As if all that is in it had been read.
void skip_ring(const OpenMap &map)
{
	const std::size_t page = page_bytes();
	auto reader = MapWindow::open(map.fd.fd(), page);
	void *written = mmap(nullptr, page, PROT_READ, MAP_SHARED, map.fd.fd(),
			     static_cast<off_t>(page));
	if (!reader || written == MAP_FAILED)
		fail("cannot map a ring buffer");
	using Position = std::atomic_ref<std::uint64_t>;
	Position(*static_cast<std::uint64_t *>(reader->data()))
		.store(Position(*static_cast<std::uint64_t *>(written)).load());
	munmap(written, page);
}

// A mapped array, and what it held when it was new: seeds.
class Window {
      public:
	explicit Window(const OpenMap &map)
	{
		auto opened = MapWindow::open(map.fd.fd(),
					      std::size_t{map.info.max_entries} *
						      ((map.info.value_size + 7U) / 8 * 8));
		if (!opened)
			throw std::runtime_error(opened.error().message);
		window_ = std::move(*opened);
		fresh_.assign(bytes(), bytes() + window_.bytes());
	}
	void restore() const { std::memcpy(bytes(), fresh_.data(), fresh_.size()); }

      private:
	[[nodiscard]] char *bytes() const { return static_cast<char *>(window_.data()); }

	MapWindow window_;
	std::vector<char> fresh_;
};

// An object and all that it takes to have it as it was at first. What holds programs and tables
// of policies stays: a policy writes its own.
class Fresh {
      public:
	Fresh()
	{
		auto loaded = BpfObject::load(kCacheEntries);
		if (!loaded)
			throw std::runtime_error(loaded.error().message);
		object = std::move(*loaded);
		for (const std::uint32_t id : maps_of(*object)) {
			OpenMap map(id);
			if ((map.info.map_flags & BPF_F_RDONLY_PROG) != 0)
				continue;
			if ((map.info.map_flags & BPF_F_MMAPABLE) != 0)
				windows_.emplace_back(map);
			else
				maps_.push_back(std::move(map));
		}
	}

	void restore() const
	{
		for (const Window &window : windows_)
			window.restore();
		for (const OpenMap &map : maps_) {
			switch (map.info.type) {
			case BPF_MAP_TYPE_LRU_HASH:
				delete_all(map);
				break;
			case BPF_MAP_TYPE_ARRAY:
			case BPF_MAP_TYPE_PERCPU_ARRAY:
				write_zeros(map);
				break;
			case BPF_MAP_TYPE_RINGBUF:
				skip_ring(map);
				break;
			default:
				break;
			}
		}
	}

	std::unique_ptr<BpfObject> object;

      private:
	std::vector<Window> windows_;
	std::vector<OpenMap> maps_;
};

} // namespace

std::shared_ptr<BpfObject> borrow_programs()
{
	static std::vector<std::unique_ptr<Fresh>> idle;
	std::unique_ptr<Fresh> fresh;
	if (idle.empty()) {
		fresh = std::make_unique<Fresh>();
	} else {
		fresh = std::move(idle.back());
		idle.pop_back();
		fresh->restore();
	}
	Fresh *lent = fresh.release();
	return {lent->object.get(), [lent](BpfObject *) { idle.emplace_back(lent); }};
}

} // namespace flowmark::test
