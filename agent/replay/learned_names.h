// SPDX-License-Identifier: Apache-2.0
// Names as the agent learns them, between the packets of a capture.
#pragma once

#include <memory>
#include <utility>

#include "datapath/name_service.h"
#include "replay/name_source.h"

namespace flowmark {

class LearnedNames final : public NameSource {
      public:
	// The object must outlive it.
	static Result<std::unique_ptr<LearnedNames>> open(BpfObject &object,
							  const NameOptions &options);

	void after_packet(std::uint64_t time_ns) override;
	FlowName name_of(const fm_flow_key &key) override;
	void forget(const fm_flow_key &key) override;
	void forget_all() override;

      private:
	LearnedNames(BpfObject &object, NameOptions options)
		: object_(object), options_(std::move(options))
	{}
	Result<void> begin();

	BpfObject &object_;
	NameOptions options_;
	std::unique_ptr<NameService> service_;
};

} // namespace flowmark
