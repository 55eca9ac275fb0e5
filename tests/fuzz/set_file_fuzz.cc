// SPDX-License-Identifier: Apache-2.0
// Input: the kind of a set, then a file of its members. Line by line, with a reader of its
// own: a line is blank, or a member is taken that says what it says, or there is an error at
// the place of its text. Nothing else is taken.
#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "config/set_file.h"
#include "fuzz/diagnostics.h"
#include "fuzz/scratch_folder.h"

using namespace flowmark;
using flowmark::fuzz::require;

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kName = "set.txt";

// What is left of a line without comment and blanks.
std::string_view content_of(std::string_view line)
{
	line = line.substr(0, line.find('#'));
	while (!line.empty() && kBlanks.find(line.front()) != std::string_view::npos)
		line.remove_prefix(1);
	while (!line.empty() && kBlanks.find(line.back()) != std::string_view::npos)
		line.remove_suffix(1);
	return line;
}

std::optional<unsigned> number_of(std::string_view text)
{
	unsigned number = 0;
	const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
	if (error != std::errc() || end != text.end() || (text.size() > 1 && text[0] == '0'))
		return std::nullopt;
	return number;
}

bool says(std::string_view text, const Range &range)
{
	const std::size_t dash = text.find('-');
	const auto first = number_of(text.substr(0, dash));
	const auto last = dash == std::string_view::npos ? first : number_of(text.substr(dash + 1));
	return first && last && *first == range.first && *last == range.last &&
	       range.first <= range.last;
}

bool same_address(const std::string &text, const Prefix &prefix)
{
	std::array<std::uint8_t, 16> bytes{};
	const bool is_ip4 = prefix.family == 4;
	if (inet_pton(is_ip4 ? AF_INET : AF_INET6, text.c_str(), bytes.data()) != 1)
		return false;
	std::array<std::uint64_t, 2> words{};
	for (std::size_t i = 0; i < (is_ip4 ? 4 : 16); i++)
		words[i / 8] = words[i / 8] << 8 | bytes[i];
	return is_ip4 ? prefix.hi == 0 && prefix.lo == words[0]
		      : prefix.hi == words[0] && prefix.lo == words[1];
}

// No bit behind the length.
bool is_masked(const Prefix &prefix)
{
	const unsigned all = prefix.family == 4 ? 32 : 128;
	for (unsigned bit = prefix.length; bit < all; bit++) {
		const unsigned right = all - 1 - bit;
		if ((right < 64 ? prefix.lo >> right : prefix.hi >> (right - 64)) & 1)
			return false;
	}
	return prefix.length <= all;
}

bool says(std::string_view text, const Prefix &prefix)
{
	const std::size_t slash = text.find('/');
	const auto length = slash == std::string_view::npos
				    ? std::optional(prefix.family == 4 ? 32U : 128U)
				    : number_of(text.substr(slash + 1));
	return length && *length == prefix.length && is_masked(prefix) &&
	       same_address(std::string(text.substr(0, slash)), prefix);
}

bool is_ascii(std::string_view text)
{
	return std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
}

// Names in other letters are compared by their form alone.
bool says(std::string_view text, std::string_view host)
{
	const std::string_view name = host.starts_with("*.") ? host.substr(2) : host;
	require(name.find('*') == std::string_view::npos && fuzz::is_name(name) &&
			name.size() <= 253,
		"a name as rules compare it");
	if (!is_ascii(text))
		return true;
	std::string lowered(text);
	for (char &c : lowered)
		c = static_cast<char>(fuzz::lower(static_cast<std::uint8_t>(c)));
	return lowered == host || lowered == std::string(host) + '.';
}

bool says(const Set &set, std::size_t index, std::string_view text)
{
	if (set.kind == SetKind::ports)
		return index < set.ports.size() && says(text, set.ports[index]);
	if (set.kind == SetKind::hosts)
		return index < set.hosts.size() && says(text, set.hosts[index]);
	return index < set.prefixes.size() && says(text, set.prefixes[index]);
}

// The line's findings, by column.
std::set<std::uint32_t> columns_of(const std::vector<Diagnostic> &findings, std::uint32_t line)
{
	std::set<std::uint32_t> columns;
	for (const Diagnostic &finding : findings)
		if (finding.line == line)
			columns.insert(finding.column);
	return columns;
}

std::size_t check_line(const Set &set, std::size_t taken, std::string_view line,
		       const std::set<std::uint32_t> &wrong)
{
	const std::string_view content = content_of(line);
	if (content.empty() || !wrong.empty()) {
		const auto column = static_cast<std::uint32_t>(content.data() - line.data() + 1);
		require(wrong.empty() ||
				(!content.empty() && wrong == std::set<std::uint32_t>{column}),
			"an error where the text is");
		return taken;
	}
	require(says(set, taken, content), "a member says what its line says");
	return taken + 1;
}

void check_lines(const Set &set, const std::vector<Diagnostic> &findings, std::string_view text)
{
	std::size_t taken = 0;
	text = fuzz::without_mark(text);
	for (std::uint32_t line = 1; !text.empty(); line++) {
		const std::size_t end = std::min(text.find('\n'), text.size());
		taken = check_line(set, taken, text.substr(0, end), columns_of(findings, line));
		text.remove_prefix(std::min(end + 1, text.size()));
	}
	require(taken == set.members(), "a member for each line");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	static const fuzz::ScratchFolder folder("set-file");
	constexpr std::array kKinds{SetKind::prefixes, SetKind::ports, SetKind::hosts};
	constexpr std::size_t kShown = 100; // findings of a file
	if (size == 0)
		return 0;
	const std::string_view text(reinterpret_cast<const char *>(data) + 1, size - 1);
	folder.write(kName, text);
	Config config;
	Report report;
	Context context{config, report, {}, {}, {}};
	Set set;
	set.kind = kKinds[data[0] % kKinds.size()];
	read_set_file(folder.path(kName), YamlNode{}, set, context);
	require(context.set_members == set.members(), "every member is counted");
	const auto findings = report.diagnostics();
	for (const Diagnostic &finding : findings) {
		fuzz::require_sound(finding);
		require(fuzz::stands_in(finding, text), "a finding has a place");
	}
	if (report.error_count() <= kShown)
		check_lines(set, findings, text);
	return 0;
}
