// SPDX-License-Identifier: Apache-2.0
#include "datapath/punt_ring.h"

#include <bpf/libbpf.h>

namespace flowmark {

int PuntRing::on_record(void *context, void *data, std::size_t size)
{
	static_cast<PuntRing *>(context)->take_({static_cast<const std::uint8_t *>(data), size});
	return 0;
}

Result<std::unique_ptr<PuntRing>> PuntRing::open(int map_fd, Taker take)
{
	std::unique_ptr<PuntRing> ring(new PuntRing(std::move(take)));
	ring->ring_ = ring_buffer__new(map_fd, on_record, ring.get(), nullptr);
	if (ring->ring_ == nullptr)
		return errno_error("cannot map the ring of punted packets");
	return ring;
}

PuntRing::~PuntRing()
{
	ring_buffer__free(ring_);
}

void PuntRing::consume()
{
	ring_buffer__consume(ring_);
}

int PuntRing::fd() const
{
	return ring_buffer__epoll_fd(ring_);
}

} // namespace flowmark
