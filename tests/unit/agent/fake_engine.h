// SPDX-License-Identifier: Apache-2.0
// An engine without a kernel: says what the test has told it to. For the parts of
// the agent around the engine, which are tested with real sockets.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "datapath/engine.h"

namespace flowmark {

// Threads: any, as Engine demands. The members are for the time before others run.
class FakeEngine : public Engine {
      public:
	Result<void> apply(std::shared_ptr<const Config> config) override
	{
		const std::lock_guard lock(mutex_);
		if (!refuse_with.empty())
			return Error{refuse_with};
		status_.policy.generation++;
		status_.policy.rules = config->rules.size();
		status_.policy.classes = config->classes.size();
		return {};
	}

	void interface_up(const InterfaceFacts &interface) override
	{
		const std::lock_guard lock(mutex_);
		InterfaceStatus row;
		row.name = interface.name;
		row.ifindex = interface.ifindex;
		row.hook = "tcx";
		row.attached = true;
		status_.interfaces.push_back(row);
	}

	void interface_gone(int ifindex) override
	{
		const std::lock_guard lock(mutex_);
		std::erase_if(status_.interfaces,
			      [&](const InterfaceStatus &row) { return row.ifindex == ifindex; });
	}

	void interfaces_listed() override {}

	CanaryRound run_canary() override
	{
		const std::lock_guard lock(mutex_);
		status_.canary.last = canary_;
		return canary_;
	}

	[[nodiscard]] EngineStatus status() const override
	{
		const std::lock_guard lock(mutex_);
		return status_;
	}
	[[nodiscard]] std::vector<ClassCount> counts() const override { return counts_; }
	[[nodiscard]] std::vector<FlowStatus> flows() const override { return flows_; }

	[[nodiscard]] Result<std::vector<ExplainedFlow>>
	explain(const FlowQuery &query) const override
	{
		asked_ = query;
		return explained_;
	}

	std::string refuse_with; // what apply() answers, if not empty
	CanaryRound canary_;	 // what run_canary() finds
	EngineStatus status_;
	std::vector<ClassCount> counts_;
	std::vector<FlowStatus> flows_;
	Result<std::vector<ExplainedFlow>> explained_ = std::vector<ExplainedFlow>{};
	mutable FlowQuery asked_; // what was to be explained

      private:
	mutable std::mutex mutex_;
};

} // namespace flowmark
