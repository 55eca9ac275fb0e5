// SPDX-License-Identifier: Apache-2.0
// The floor programs (bpf/floor.bpf.c), loaded; they mark like the real ones.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"

struct bench_floor; // the generated skeleton

namespace flowmark::bench {

enum class FloorKind { nothing, ports, lru, signature };
enum class HookPoint { tc, xdp };

class Floor {
      public:
	static Result<std::unique_ptr<Floor>> load(std::uint32_t lru_entries);
	~Floor();
	Floor(const Floor &) = delete;
	Floor &operator=(const Floor &) = delete;

	[[nodiscard]] int program_fd(FloorKind kind, HookPoint hook) const;

      private:
	explicit Floor(bench_floor *skeleton) : skeleton_(skeleton) {}

	bench_floor *skeleton_;
};

} // namespace flowmark::bench
