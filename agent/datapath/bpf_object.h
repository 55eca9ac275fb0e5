// SPDX-License-Identifier: Apache-2.0
// The loaded BPF object: programs, maps and the windows into those maps that the
// agent reads and writes as memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <flowmark/abi.h>

#include "base/result.h"

struct flowmark_bpf; // the generated skeleton

namespace flowmark {

class PinFolder;
class PinnedState;

// A shared mapping of an array map's values. Move-only.
class MapWindow {
      public:
	MapWindow() = default;
	static Result<MapWindow> open(int map_fd, std::size_t bytes);

	MapWindow(MapWindow &&other) noexcept;
	MapWindow &operator=(MapWindow &&other) noexcept;
	MapWindow(const MapWindow &) = delete;
	MapWindow &operator=(const MapWindow &) = delete;
	~MapWindow();

	[[nodiscard]] void *data() const { return data_; }
	[[nodiscard]] std::size_t bytes() const { return bytes_; }

      private:
	MapWindow(void *data, std::size_t bytes) : data_(data), bytes_(bytes) {}

	void *data_ = nullptr;
	std::size_t bytes_ = 0;
};

class BpfObject {
      public:
	// Which programs to load: `replay`, only what program_fd(FM_INGRESS) is made of, for
	// the verifier takes its time for each; their clock is replay_ns().
	enum class Programs { all, replay };

	// Loads the programs: over maps of their own and with fresh secrets, or over
	// what `pins` takes over. `cache_entries` is a power of two, or 0 for half of
	// the L2 cache.
	static Result<std::unique_ptr<BpfObject>> load(std::uint32_t cache_entries,
						       PinnedState *pins = nullptr,
						       Programs programs = Programs::all);
	~BpfObject();
	BpfObject(const BpfObject &) = delete;
	BpfObject &operator=(const BpfObject &) = delete;

	// Pins the maps that are new.
	Result<void> pin(PinnedState &pins) const;
	// Has the entry programs hand on to this object's full ones. load() does that
	// where no earlier programs are to be followed.
	Result<void> link_programs();

	[[nodiscard]] int program_fd(fm_direction direction) const;
	// `frags`: the one for frames in several buffers; -1 where the kernel has none.
	[[nodiscard]] int xdp_fd(bool frags) const;
	// For ingress behind an XDP program.
	[[nodiscard]] int after_xdp_fd() const;
	[[nodiscard]] int net4_fd() const;
	[[nodiscard]] int hosts_fd() const;
	[[nodiscard]] int net6_fd() const;
	[[nodiscard]] int exact_fd() const;
	[[nodiscard]] int frags_fd() const;
	[[nodiscard]] int recent_fd() const;
	[[nodiscard]] int counters_fd() const;
	[[nodiscard]] int drops_fd() const;
	[[nodiscard]] int failures_fd() const;
	[[nodiscard]] int names_fd() const;
	[[nodiscard]] int new_names_fd() const;
	[[nodiscard]] int bindings_fd() const;
	[[nodiscard]] int public_names_fd() const;
	[[nodiscard]] int punts_fd() const;
	[[nodiscard]] int name_events_fd() const;

	// The policy slots; [generation & 1] is in force.
	[[nodiscard]] fm_policy *policies() const
	{
		return static_cast<fm_policy *>(policies_.data());
	}
	// Of policy slot 0 or 1, by interface slot. Seeds and cache_shift stay as they are.
	[[nodiscard]] fm_view *views(std::uint32_t policy) const;
	[[nodiscard]] fm_iface_cell *iface_cells() const;
	// By interface slot: the ifindex whose XDP notes have been seen to reach tc.
	[[nodiscard]] volatile std::uint32_t *xdp_proven() const;
	// Every thread and the packet path write here: only by std::atomic_ref, one entry at once.
	[[nodiscard]] std::uint64_t *cache() const
	{
		return static_cast<std::uint64_t *>(cache_.data());
	}
	[[nodiscard]] std::uint32_t cache_entries() const { return cache_entries_; }

	// How many decisions fm_recent has taken in this second; what bounds their rate.
	[[nodiscard]] volatile std::uint32_t &recent_count() const;
	// FM_EXACT_FILTER bytes: which hashes may be in fm_exact.
	[[nodiscard]] std::uint8_t *exact_seen() const;

	// FM_NAME_FILTER bytes: which flows' hashes may be in the map of names.
	[[nodiscard]] std::uint8_t *name_seen() const;
	// 1 once there is a binding.
	[[nodiscard]] volatile std::uint32_t &has_bindings() const;
	// The clock of programs that were loaded for a replay.
	[[nodiscard]] volatile __u64 &replay_ns() const;

	// One store makes a staged policy live.
	void set_generation(std::uint32_t generation);
	[[nodiscard]] std::uint32_t generation() const;

      private:
	BpfObject() = default;
	Result<void> set_up_maps(PinnedState *pins);
	Result<void> take_over(const PinFolder &folder);
	void set_cache_shift();
	Result<void> open_windows();

	flowmark_bpf *skeleton_ = nullptr;
	std::vector<std::string> map_names_; // as the object has them, in its order
	std::uint32_t cache_entries_ = 0;
	MapWindow policies_, cache_;
};

} // namespace flowmark
