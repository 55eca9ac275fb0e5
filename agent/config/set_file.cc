// SPDX-License-Identifier: Apache-2.0
#include "config/set_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "config/encoding.h"
#include "config/expected.h"
#include "config/file.h"
#include "config/host.h"
#include "config/scalars.h"
#include "config/text.h"

namespace flowmark {

namespace {

// A million IPv6 prefixes, each with a comment of 200 bytes.
constexpr std::size_t kMaxFileBytes = 256u << 20;

bool has_room(Location at, Context &context)
{
	if (context.set_members < FM_MAX_SET_MEMBERS)
		return true;
	if (context.set_members++ == FM_MAX_SET_MEMBERS)
		context.report.error(at, found(fmt::format("member number {} of all sets together",
							   context.set_members),
					       fmt::format("at most {}", FM_MAX_SET_MEMBERS)));
	return false;
}

template <typename T>
bool append(const std::optional<T> &member, Location at, std::vector<T> &members, Context &context)
{
	if (member && has_room(at, context)) {
		members.push_back(*member);
		context.set_members++;
	}
	return member.has_value();
}

bool append_host(std::string_view text, Location at, HostNames &hosts, Context &context)
{
	if (!parse_host(text, hosts))
		return false;
	if (has_room(at, context))
		context.set_members++;
	else
		hosts.remove_last();
	return true;
}

// Without its comment and the blanks around it, and also without a \r\n's \r.
std::string_view content_of(std::string_view line)
{
	constexpr std::string_view kBlanks = " \t\r";
	line = line.substr(0, line.find('#'));
	const std::size_t begin = line.find_first_not_of(kBlanks);
	if (begin == std::string_view::npos)
		return {};
	return line.substr(begin, line.find_last_not_of(kBlanks) - begin + 1);
}

void read_line(std::string_view line, Location at, Set &set, Context &context)
{
	const std::string_view member = content_of(line);
	if (member.empty())
		return;
	at.column = static_cast<std::uint32_t>(member.data() - line.data() + 1);
	if (!add_set_member(member, at, set, context))
		context.report.error(at, found(quote(member), expected_member(set.kind, member)));
}

void read_lines(std::string_view text, std::uint32_t file, Set &set, Context &context)
{
	Location at{file, 1, 1};
	for (; !text.empty() && context.set_members <= FM_MAX_SET_MEMBERS; at.line++) {
		const std::size_t end = std::min(text.find('\n'), text.size());
		read_line(text.substr(0, end), at, set, context);
		text.remove_prefix(std::min(end + 1, text.size()));
	}
}

} // namespace

bool add_set_member(std::string_view text, Location at, Set &set, Context &context)
{
	if (set.kind == SetKind::ports)
		return append(parse_range(text, UINT16_MAX), at, set.ports, context);
	if (set.kind == SetKind::hosts)
		return append_host(text, at, set.hosts, context);
	return append(parse_prefix(text), at, set.prefixes, context);
}

void read_set_file(const std::string &path, const YamlNode &named, Set &set, Context &context)
{
	Result<std::string> text = read_file(path, kMaxFileBytes);
	if (!text) {
		context.report.error(named.at, fmt::format("{} (the file {})", text.error().message,
							   quote(path)));
		return;
	}
	remove_bom(*text);
	read_lines(*text, context.report.add_file(path), set, context);
}

} // namespace flowmark
