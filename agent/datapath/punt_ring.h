// SPDX-License-Identifier: Apache-2.0
// The ring buffer through which the packet path hands packets to the agent.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/result.h"

struct ring_buffer; // of <bpf/libbpf.h>

namespace flowmark {

class PuntRing {
      public:
	// Called with each record, which is valid during the call.
	using Taker = std::function<void(std::span<const std::uint8_t>)>;

	static Result<std::unique_ptr<PuntRing>> open(int map_fd, Taker take);
	~PuntRing();
	PuntRing(const PuntRing &) = delete;
	PuntRing &operator=(const PuntRing &) = delete;

	// Takes what is there.
	void consume();
	// Readable when something may be there.
	[[nodiscard]] int fd() const;

      private:
	explicit PuntRing(Taker take) : take_(std::move(take)) {}
	static int on_record(void *context, void *data, std::size_t size);

	Taker take_;
	ring_buffer *ring_ = nullptr;
};

} // namespace flowmark
