// SPDX-License-Identifier: Apache-2.0
// The Engine over the real kernel.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <set>

#include "datapath/canary.h"
#include "datapath/counter_book.h"
#include "datapath/engine.h"
#include "datapath/flow_reader.h"
#include "datapath/hook.h"
#include "datapath/interface_table.h"
#include "datapath/name_service.h"
#include "datapath/pinned_state.h"
#include "datapath/policy_writer.h"
#include "datapath/xdp_hook.h"
#include "policy/bind.h"

namespace flowmark {

class KernelEngine : public Engine {
      public:
	// `pins` is null where nothing is to outlive the engine.
	KernelEngine(std::unique_ptr<BpfObject> object, std::unique_ptr<PinnedState> pins,
		     EngineOptions options, std::string why_not_pinned);
	~KernelEngine() override;
	// Goes on where an earlier engine ended, if there was one. After an error all is as it
	// was, and stays so when this is destroyed.
	Result<void> restore();
	KernelEngine(const KernelEngine &) = delete;
	KernelEngine &operator=(const KernelEngine &) = delete;

	Result<void> apply(std::shared_ptr<const Config> config) override;
	void interface_up(const InterfaceFacts &interface) override;
	void interface_gone(int ifindex) override;
	void interfaces_listed() override;
	CanaryRound run_canary() override;
	[[nodiscard]] EngineStatus status() const override;
	[[nodiscard]] std::vector<ClassCount> counts() const override;
	[[nodiscard]] std::vector<FlowStatus> flows() const override;
	[[nodiscard]] Result<std::vector<ExplainedFlow>>
	explain(const FlowQuery &query) const override;

      private:
	// An interface that exists. Attached ones have a slot and their hooks.
	struct Link {
		std::string name;
		bool raw_ip = false; // no link header
		unsigned mtu = 65535;
		const InterfaceSpec *spec = nullptr; // of config_; null: not ours
		std::optional<std::uint32_t> slot;
		std::array<std::unique_ptr<Hook>, kDirections> hooks;
		// What the hooks run; -1: the program of an earlier agent.
		std::array<int, kDirections> programs{-1, -1};
		std::array<std::string, kDirections> errors;
		std::unique_ptr<XdpHook> xdp;
		bool xdp_inherited = false; // runs the program of an earlier agent
		bool after_xdp = false;	    // the hook of ingress looks for XDP's notes
		std::string xdp_error;
		bool heard_of = false; // by this agent
	};

	void open_names();
	static const InterfaceSpec *find_spec(const Config &config, const std::string &name);
	Result<void> restore_slot(const SlotEntry &entry);
	Result<void> remove_strays();
	[[nodiscard]] HookPlace place_of(int ifindex, Direction direction) const;
	[[nodiscard]] int spare_ifindex() const;
	[[nodiscard]] std::string attached_name() const;
	[[nodiscard]] bool is_here(const std::string &interface) const;
	[[nodiscard]] std::size_t counters_missing(const Config &config,
						   const std::string &interface) const;
	[[nodiscard]] std::size_t counters_missing(const Config &config) const; // of all
	bool make_room(std::size_t counters);
	void new_counter(std::uint16_t index, const CounterKey &key);
	void bind(PolicySlot to, const Config &config, const Link &link, const InterfaceSpec &spec);
	void bind_all(PolicySlot to, const Config &config);
	void adopt(std::shared_ptr<const Config> config);
	void update_link(int ifindex, Link &link);
	void attach(int ifindex, Link &link);
	void attach_waiting();
	[[nodiscard]] int program_for(Link &link, Direction direction) const;
	void put_xdp(int ifindex, Link &link);
	void adopt_xdp(int ifindex, Link &link);
	static void drop_xdp(Link &link);
	[[nodiscard]] XdpStatus xdp_status(int ifindex, const Link &link) const;
	void put_hook(int ifindex, Link &link, Direction direction);
	void detach(int ifindex, Link &link);
	void rename(int ifindex, Link &link, const std::string &name);
	Result<void> take_slot(int ifindex, Link &link);
	void give_slot(int ifindex, Link &link, std::uint32_t slot);
	bool publish_slot(int ifindex, const Link &link);
	bool move_slot(int ifindex, Link &link);
	void return_slot(std::uint32_t slot);
	[[nodiscard]] ClassCount count_of(const CounterKey &key, std::uint16_t index) const;
	[[nodiscard]] std::string slot_name(unsigned slot) const;
	[[nodiscard]] std::vector<TableStatus> policy_tables() const;

	mutable std::mutex mutex_; // everything below
	std::unique_ptr<BpfObject> object_;
	std::unique_ptr<NameService> name_service_; // null: QUIC and DNS are not read
	std::string names_error_;
	std::unique_ptr<PinnedState> pins_; // null: nothing outlives this
	const EngineOptions options_;
	const std::string why_not_pinned_;
	PolicyWriter writer_;
	InterfaceTable table_;
	Canary canary_;
	CanaryStatus canary_status_;
	CounterBook book_;
	PolicyNames names_;
	std::shared_ptr<const Config> config_; // in force; null before the first
	std::uint32_t rows_ = 0, max_rows_ = 0;
	std::uint64_t retired_counters_ = 0;
	double compile_seconds_ = 0, stage_seconds_ = 0;
	std::map<int, Link> links_; // by ifindex
};

} // namespace flowmark
