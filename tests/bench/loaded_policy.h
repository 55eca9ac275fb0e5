// SPDX-License-Identifier: Apache-2.0
// The real programs, loaded as the agent loads them, with one policy in force for
// the interface that BPF_PROG_TEST_RUN shows them.
#pragma once

#include <memory>

#include "datapath/bpf_object.h"
#include "datapath/counter_book.h"
#include "datapath/policy_writer.h"
#include "floor.h"

namespace flowmark::bench {

class LoadedPolicy {
      public:
	static Result<std::unique_ptr<LoadedPolicy>> load(Config config);

	[[nodiscard]] int program_fd(HookPoint hook, fm_direction direction = FM_INGRESS) const
	{
		return hook == HookPoint::tc ? object_->program_fd(direction)
					     : object_->xdp_fd(false);
	}
	// Whether a decision has been remembered.
	[[nodiscard]] bool cache_used() const;

      private:
	explicit LoadedPolicy(std::unique_ptr<BpfObject> object)
		: object_(std::move(object)), writer_(*object_)
	{}
	Result<void> put_in_force(const Config &config);

	std::unique_ptr<BpfObject> object_;
	PolicyWriter writer_;
	CounterBook book_;
};

} // namespace flowmark::bench
