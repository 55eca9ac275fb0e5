// SPDX-License-Identifier: Apache-2.0
#include "control/reloader.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace flowmark {

namespace {

bool is_error(const Diagnostic &diagnostic)
{
	return diagnostic.severity == Diagnostic::Severity::error;
}

std::vector<std::string> formatted(const std::vector<Diagnostic> &diagnostics)
{
	std::vector<std::string> out;
	out.reserve(diagnostics.size());
	for (const Diagnostic &diagnostic : diagnostics)
		out.push_back(diagnostic.format());
	return out;
}

// One sentence for a log line or a status: the first error, and how many more.
std::string summary(const std::vector<Diagnostic> &diagnostics)
{
	const auto first = std::find_if(diagnostics.begin(), diagnostics.end(), is_error);
	if (first == diagnostics.end())
		return "the policy cannot be loaded";
	const auto more = std::count_if(first + 1, diagnostics.end(), is_error);
	const std::string text = first->format();
	return more == 0 ? text : fmt::format("{} (and {} more)", text, more);
}

void log_diagnostics(const std::vector<Diagnostic> &diagnostics)
{
	for (const Diagnostic &diagnostic : diagnostics) {
		if (is_error(diagnostic))
			log_error(diagnostic.format());
		else
			log_warning(diagnostic.format());
	}
}

bool same_options(const AgentOptions &a, const AgentOptions &b)
{
	return a.metrics == b.metrics && a.control == b.control && a.log_format == b.log_format &&
	       a.pins == b.pins && a.keep_on_exit == b.keep_on_exit && a.flow_cache == b.flow_cache;
}

} // namespace

ReloadOutcome Reloader::start(LoadResult loaded)
{
	return apply(std::move(loaded));
}

ReloadOutcome Reloader::reload()
{
	const auto before = record().config;
	ReloadOutcome outcome = apply(load_config(path_));
	{
		const std::lock_guard lock(mutex_);
		++(outcome.ok ? record_.successes : record_.failures);
	}
	if (!outcome.ok)
		log_error("reload refused, the policy in force stays",
			  {{"file", path_}, {"error", outcome.error}});
	else if (before && !same_options(before->agent, record().config->agent))
		log_warning("what has changed under agent: takes effect at the next start");
	return outcome;
}

ReloadOutcome Reloader::apply(LoadResult loaded)
{
	log_diagnostics(loaded.diagnostics);
	ReloadOutcome outcome{false, {}, formatted(loaded.diagnostics)};
	std::shared_ptr<const Config> config;
	if (!loaded.config) {
		outcome.error = summary(loaded.diagnostics);
	} else {
		config = std::make_shared<const Config>(std::move(*loaded.config));
		const Result<void> applied = engine_.apply(config);
		outcome.ok = applied.ok();
		outcome.error = applied.ok() ? std::string() : applied.error().message;
	}
	remember(outcome, config);
	return outcome;
}

void Reloader::remember(const ReloadOutcome &outcome, const std::shared_ptr<const Config> &config)
{
	const std::lock_guard lock(mutex_);
	record_.last = outcome;
	record_.last_attempt = std::chrono::system_clock::now();
	if (outcome.ok) {
		record_.last_success = record_.last_attempt;
		record_.config = config;
	}
}

ReloadRecord Reloader::record() const
{
	const std::lock_guard lock(mutex_);
	return record_;
}

} // namespace flowmark
