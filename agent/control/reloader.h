// SPDX-License-Identifier: Apache-2.0
// Puts the policy file in force and remembers how that went. SIGHUP and the
// control command `reload` both end here.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "config/config.h"
#include "config/loader.h"
#include "datapath/engine.h"

namespace flowmark {

struct ReloadOutcome {
	bool ok = false;
	std::string error;		      // why not, in one sentence
	std::vector<std::string> diagnostics; // errors and warnings, as Diagnostic::format()
};

struct ReloadRecord {
	std::shared_ptr<const Config> config;	   // in force; null before the first
	std::uint64_t successes = 0, failures = 0; // of reloads; the start is none
	ReloadOutcome last;			   // the start included
	std::optional<WallTime> last_attempt, last_success;
};

// Threads: record() from any; the others from one.
class Reloader {
      public:
	// `engine` must outlive this.
	Reloader(Engine &engine, std::string path) : engine_(engine), path_(std::move(path)) {}

	// The first policy, which the caller has loaded because it also says how the
	// engine is to be opened.
	ReloadOutcome start(LoadResult loaded);

	// Loads the file again. On any error the policy in force stays.
	ReloadOutcome reload();

	[[nodiscard]] ReloadRecord record() const;
	[[nodiscard]] const std::string &path() const { return path_; }

      private:
	ReloadOutcome apply(LoadResult loaded);
	void remember(const ReloadOutcome &outcome, const std::shared_ptr<const Config> &config);

	Engine &engine_;
	const std::string path_;
	mutable std::mutex mutex_;
	ReloadRecord record_; // guarded by mutex_
};

} // namespace flowmark
