// SPDX-License-Identifier: Apache-2.0
#include "config/report.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "config/text.h"

namespace flowmark {

namespace {

constexpr std::size_t kShown = 100;  // per file
constexpr std::size_t kKept = 10000; // per file: a binary file is not worth its memory

auto position(const Location &at)
{
	return std::tie(at.line, at.column);
}

} // namespace

std::string Diagnostic::format() const
{
	const char *kind = severity == Severity::error ? "error" : "warning";
	const std::string name = printable(file);
	if (line == 0)
		return fmt::format("{}: {}: {}", name, kind, text);
	if (column == 0)
		return fmt::format("{}:{}: {}: {}", name, line, kind, text);
	return fmt::format("{}:{}:{}: {}: {}", name, line, column, kind, text);
}

std::uint32_t Report::add_file(const std::string &path)
{
	const auto [entry, is_new] = numbers_.emplace(path,
						      static_cast<std::uint32_t>(files_.size()));
	if (is_new)
		files_.push_back(path);
	return entry->second;
}

void Report::error(Location at, std::string text)
{
	errors_++;
	add({Diagnostic::Severity::error, at, std::move(text)});
}

void Report::warning(Location at, std::string text)
{
	add({Diagnostic::Severity::warning, at, std::move(text)});
}

void Report::add(Finding finding)
{
	FileFindings &file = found_[finding.at.file];
	if (file.kept.size() < kKept)
		file.kept.push_back(std::move(finding));
	else
		file.dropped++;
}

std::string Report::where(Location at, Location from) const
{
	if (at.file == from.file)
		return fmt::format("line {}, column {}", at.line, at.column);
	return fmt::format("{}:{}:{}", printable(files_[at.file]), at.line, at.column);
}

void Report::list(std::uint32_t file, std::vector<Diagnostic> &out) const
{
	std::vector<Finding> sorted = found_.at(file).kept;
	std::stable_sort(sorted.begin(), sorted.end(), [](const Finding &a, const Finding &b) {
		return position(a.at) < position(b.at);
	});
	const auto same = [](const Finding &a, const Finding &b) {
		return position(a.at) == position(b.at) && a.text == b.text;
	};
	sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());

	const std::size_t shown = std::min(sorted.size(), kShown);
	for (std::size_t i = 0; i < shown; i++)
		out.push_back({sorted[i].severity, files_[file], sorted[i].at.line,
			       sorted[i].at.column, sorted[i].text});
	const std::size_t more = sorted.size() - shown + found_.at(file).dropped;
	if (more > 0)
		out.push_back({sorted.back().severity, files_[file], 0, 0,
			       found(fmt::format("{} more in this file", more), "none")});
}

std::vector<Diagnostic> Report::diagnostics() const
{
	std::vector<Diagnostic> out;
	for (const auto &[file, findings] : found_)
		list(file, out);
	return out;
}

} // namespace flowmark
