// SPDX-License-Identifier: Apache-2.0
// The Engine over the real kernel.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <set>

#include "datapath/counter_book.h"
#include "datapath/engine.h"
#include "datapath/flow_reader.h"
#include "datapath/hook.h"
#include "datapath/interface_table.h"
#include "datapath/policy_writer.h"
#include "policy/bind.h"

namespace flowmark {

class KernelEngine : public Engine {
      public:
	KernelEngine(std::unique_ptr<BpfObject> object, HookKind hook);

	Result<void> apply(std::shared_ptr<const Config> config) override;
	void interface_up(int ifindex, const std::string &name, unsigned arphrd) override;
	void interface_gone(int ifindex) override;
	[[nodiscard]] EngineStatus status() const override;
	[[nodiscard]] std::vector<ClassCount> counts() const override;
	[[nodiscard]] std::vector<FlowStatus> flows() const override;

      private:
	// An interface that exists. Attached ones have a slot and their hooks.
	struct Link {
		std::string name;
		bool raw_ip = false;		     // no link header
		const InterfaceSpec *spec = nullptr; // of config_; null: not ours
		std::optional<std::uint32_t> slot;
		std::array<std::unique_ptr<Hook>, kDirections> hooks;
		std::array<std::string, kDirections> errors;
	};

	static const InterfaceSpec *find_spec(const Config &config, const std::string &name);
	[[nodiscard]] bool counters_fit(const Config &config) const;
	void bind(PolicySlot to, const Config &config, const Link &link, const InterfaceSpec &spec);
	void bind_all(PolicySlot to, const Config &config);
	void adopt(std::shared_ptr<const Config> config);
	void update_link(int ifindex, Link &link);
	void attach(int ifindex, Link &link);
	void detach(int ifindex, Link &link);
	bool take_slot(int ifindex, Link &link);
	[[nodiscard]] ClassCount count_of(const CounterKey &key, std::uint16_t index) const;
	[[nodiscard]] std::string slot_name(unsigned slot) const;
	[[nodiscard]] std::vector<TableStatus> policy_tables() const;

	mutable std::mutex mutex_; // everything below
	std::unique_ptr<BpfObject> object_;
	HookKind hook_;
	PolicyWriter writer_;
	InterfaceTable table_;
	CounterBook book_;
	PolicyNames names_;
	std::shared_ptr<const Config> config_; // in force; null before the first
	std::uint32_t rows_ = 0, max_rows_ = 0;
	double compile_seconds_ = 0, stage_seconds_ = 0;
	std::map<int, Link> links_; // by ifindex; destroyed (detached) before object_
};

} // namespace flowmark
