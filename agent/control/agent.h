// SPDX-License-Identifier: Apache-2.0
// `flowmark run`: the event loop and what hangs on it. README.md tells the life
// of a reload.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/event_loop.h"
#include "base/result.h"
#include "config/loader.h"
#include "control/reloader.h"
#include "control/requests.h"
#include "control/server.h"
#include "datapath/engine.h"
#include "metrics/server.h"
#include "netlink/link_monitor.h"

namespace flowmark {

struct AgentSettings {
	std::string config_path;
	std::string control_path;
	std::string metrics; // as AgentOptions::metrics
};

class Agent {
      public:
	// Opens the sockets, puts the first policy in force and asks for the
	// interfaces. On an error everything is as it was. Blocks the signals of the
	// loop, so no thread may run yet.
	static Result<std::unique_ptr<Agent>>
	start(const AgentSettings &settings, std::unique_ptr<Engine> engine, LoadResult policy);

	// Until SIGTERM or SIGINT.
	void run();

      private:
	Agent(const AgentSettings &settings, std::unique_ptr<Engine> engine,
	      std::unique_ptr<EventLoop> loop);

	Result<void> open_signals();
	Result<void> open_control(const AgentSettings &settings);
	Result<void> open_metrics(const std::string &where);
	Result<void> open_links();
	Result<void> open_canary();
	void on_signal(int number);
	void on_synced();
	void run_canary();
	ReloadOutcome reload();
	[[nodiscard]] std::string summary() const;
	[[nodiscard]] std::int64_t attachments() const;

	// In the order of what rests on what: destroyed from below.
	std::unique_ptr<Engine> engine_;
	std::unique_ptr<EventLoop> loop_;
	Reloader reloader_;
	ControlContext context_;
	std::atomic<bool> ready_ = false; // a policy is live and the interfaces are known
	std::unique_ptr<Signals> signals_;
	std::unique_ptr<MetricsServer> metrics_;
	std::unique_ptr<ControlServer> control_;
	std::unique_ptr<LinkMonitor> links_;
	std::optional<Timer> canary_;
	bool canary_holds_ = true; // in the last round
};

} // namespace flowmark
