// SPDX-License-Identifier: Apache-2.0
// Collects what is wrong with a policy, in whatever order it is found, and puts
// it into the order in which it is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/loader.h"

namespace flowmark {

class Report {
      public:
	// The number of a file (Location::file), given at its first mention.
	std::uint32_t add_file(const std::string &path);
	[[nodiscard]] const std::vector<std::string> &files() const { return files_; }

	// `text` is "found X, expected Y", printable.
	void error(Location at, std::string text);
	void warning(Location at, std::string text);
	[[nodiscard]] std::size_t error_count() const { return errors_; }

	// How a text at `from` names another place: "line 3, column 5", with the file
	// if it is another one.
	[[nodiscard]] std::string where(Location at, Location from) const;

	// By file, line and column; what is said twice is said once (an alias), and
	// at most 100 findings per file are followed by a line with the number of others.
	[[nodiscard]] std::vector<Diagnostic> diagnostics() const;

      private:
	struct Finding {
		Diagnostic::Severity severity;
		Location at;
		std::string text;
	};
	struct FileFindings {
		std::vector<Finding> kept;
		std::size_t dropped = 0; // past what is kept
	};

	void add(Finding finding);
	void list(std::uint32_t file, std::vector<Diagnostic> &out) const;

	std::vector<std::string> files_;
	std::map<std::string, std::uint32_t> numbers_;
	std::map<std::uint32_t, FileFindings> found_;
	std::size_t errors_ = 0;
};

} // namespace flowmark
