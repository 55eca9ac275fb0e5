// SPDX-License-Identifier: Apache-2.0
#include "control/agent.h"

#include <csignal>

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "base/words.h"
#include "control/sd_notify.h"
#include "control/version.h"

namespace flowmark {

namespace {

constexpr std::chrono::milliseconds kCanaryInterval = std::chrono::seconds(15);

} // namespace

Agent::Agent(const AgentSettings &settings, std::unique_ptr<Engine> engine,
	     std::unique_ptr<EventLoop> loop)
	: engine_(std::move(engine)), loop_(std::move(loop)),
	  reloader_(*engine_, settings.config_path), context_{*engine_, reloader_,
							      [this] { return reload(); },
							      settings.control_path,
							      std::string(kMetricsOff)}
{}

Result<std::unique_ptr<Agent>> Agent::start(const AgentSettings &settings,
					    std::unique_ptr<Engine> engine, LoadResult policy)
{
	auto loop = EventLoop::open();
	if (!loop)
		return loop.error();
	std::unique_ptr<Agent> agent(new Agent(settings, std::move(engine), std::move(*loop)));
	// The sockets first: a second agent must be told before it touches anything.
	if (auto done = agent->open_signals(); !done)
		return done.error();
	if (auto done = agent->open_control(settings); !done)
		return done.error();
	if (auto done = agent->open_metrics(settings.metrics); !done)
		return done.error();
	if (auto outcome = agent->reloader_.start(std::move(policy)); !outcome.ok)
		return Error{outcome.error};
	if (auto done = agent->open_links(); !done)
		return done.error();
	if (auto done = agent->open_canary(); !done)
		return done.error();
	return agent;
}

Result<void> Agent::open_signals()
{
	auto signals = Signals::open(*loop_, {SIGHUP, SIGINT, SIGTERM},
				     [this](int number) { on_signal(number); });
	if (!signals)
		return signals.error();
	signals_ = std::make_unique<Signals>(std::move(*signals));
	return {};
}

Result<void> Agent::open_control(const AgentSettings &settings)
{
	auto socket = SocketFile::listen(settings.control_path);
	if (!socket)
		return socket.error();
	auto server = ControlServer::open(
		*loop_, std::move(*socket),
		[this](std::string_view request) { return answer_request(context_, request); });
	if (!server)
		return server.error();
	control_ = std::move(*server);
	return {};
}

Result<void> Agent::open_metrics(const std::string &where)
{
	if (where == kMetricsOff)
		return {};
	auto address = parse_listen_address(where);
	if (!address)
		return address.error();
	context_.metrics_open = !address->is_loopback();
	if (context_.metrics_open)
		log_warning("metrics are open to other hosts, without encryption",
			    {{"address", where}});
	auto server = MetricsServer::open(*address, *engine_, reloader_, ready_);
	if (!server)
		return server.error();
	metrics_ = std::move(*server);
	context_.metrics_url = metrics_->url();
	return {};
}

Result<void> Agent::open_links()
{
	auto links = LinkMonitor::open(
		*loop_,
		{.up =
			 [this](const Link &link) {
				 engine_->interface_up(
					 {link.ifindex, link.name, link.arphrd, link.mtu});
			 },
		 .gone = [this](int ifindex) { engine_->interface_gone(ifindex); }},
		[this] {
			engine_->interfaces_listed();
			on_synced();
		});
	if (!links)
		return links.error();
	links_ = std::move(*links);
	return {};
}

// Often enough for systemd's watchdog, where the unit has one.
Result<void> Agent::open_canary()
{
	const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(
		watchdog_interval());
	auto timer = Timer::open(*loop_, [this] { run_canary(); });
	if (!timer)
		return timer.error();
	canary_ = std::move(*timer);
	canary_->start(limit.count() == 0 ? kCanaryInterval : std::min(kCanaryInterval, limit));
	return {};
}

// systemd hears that the loop turns and that packets are marked right. Else it starts another
// agent, which puts everything in the kernel anew; packets pass meanwhile. What could not be
// looked at, or not be run for want of memory, say, is no reason: another start would not help.
void Agent::run_canary()
{
	const CanaryRound round = engine_->run_canary();
	if (round.wrong == 0)
		notify_alive();
	if (round.holds() == canary_holds_)
		return;
	canary_holds_ = round.holds();
	if (canary_holds_)
		log_info("the canary's packets are marked right again");
	else
		log_error("the canary's packets are not marked as the policy says",
			  {{"packet", round.error},
			   {"wrong", round.wrong},
			   {"failed", round.failed},
			   {"correct", round.correct}});
}

void Agent::run()
{
	loop_->run();
	notify_stopping();
	log_info("stopping");
}

void Agent::on_signal(int number)
{
	if (number == SIGHUP)
		reload();
	else
		loop_->stop();
}

void Agent::on_synced()
{
	if (ready_)
		return; // a later dump
	run_canary();
	ready_ = true;
	notify_ready(summary());
	log_info("ready", {{"version", version()},
			   {"policy", summary()},
			   {"attachments", attachments()},
			   {"control", context_.control_path},
			   {"metrics", context_.metrics_url}});
}

ReloadOutcome Agent::reload()
{
	if (ready_)
		notify_reloading();
	ReloadOutcome outcome = reloader_.reload();
	if (ready_)
		notify_ready(outcome.ok ? summary()
					: fmt::format("{}; last reload refused: {}", summary(),
						      outcome.error));
	if (outcome.ok)
		log_info("reloaded", {{"policy", summary()}});
	return outcome;
}

std::string Agent::summary() const
{
	const PolicyStatus policy = engine_->status().policy;
	return fmt::format("generation {}, {}, {}, {}", policy.generation,
			   counted(policy.rules, "rule"), counted(policy.classes, "class"),
			   counted(policy.set_members, "set member"));
}

std::int64_t Agent::attachments() const
{
	const EngineStatus status = engine_->status();
	return std::count_if(status.interfaces.begin(), status.interfaces.end(),
			     [](const InterfaceStatus &row) { return row.attached; });
}

} // namespace flowmark
