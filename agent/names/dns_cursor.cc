// SPDX-License-Identifier: Apache-2.0
#include "names/dns_cursor.h"

#include <algorithm>

#include "names/name.h"

namespace flowmark {

namespace {

constexpr std::size_t kMaxWireName = 255; // with the root's byte
constexpr std::size_t kMaxJumps = 127;	  // a name has no more labels
constexpr std::uint8_t kPointer = 0xc0;

} // namespace

void DnsCursor::fail(DnsProblem problem)
{
	if (!problem_)
		problem_ = problem;
	at_ = end_;
}

bool DnsCursor::has(std::size_t count)
{
	if (problem_ || left() < count)
		fail(DnsProblem::cut_short);
	return !problem_;
}

std::uint8_t DnsCursor::u8()
{
	return has(1) ? message_[at_++] : 0;
}

std::uint16_t DnsCursor::u16()
{
	const Bytes bytes = take(2);
	return bytes.empty() ? 0 : static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]);
}

std::uint32_t DnsCursor::u32()
{
	const std::uint32_t high = u16();
	return high << 16 | u16();
}

Bytes DnsCursor::take(std::size_t count)
{
	if (!has(count))
		return {};
	at_ += count;
	return message_.subspan(at_ - count, count);
}

DnsCursor DnsCursor::part(std::size_t count)
{
	DnsCursor part = *this;
	if (!has(count))
		return *this;
	at_ += count;
	part.end_ = at_;
	return part;
}

void DnsCursor::add_label(WireName &name, std::size_t length)
{
	if (name.size() + 1 + length >= kMaxWireName)
		return fail(DnsProblem::name_length);
	const Bytes label = take(length);
	name += static_cast<char>(label.size());
	for (const std::uint8_t byte : label)
		name += to_lower(static_cast<char>(byte));
}

WireName DnsCursor::plain_name()
{
	WireName name;
	for (std::uint8_t length = u8(); length != 0 && ok(); length = u8()) {
		if (length & kPointer)
			fail(DnsProblem::label);
		else
			add_label(name, length);
	}
	return ok() ? name : WireName();
}

std::size_t DnsCursor::jump(std::uint8_t high, std::size_t limit)
{
	const std::size_t target = static_cast<std::size_t>(high & ~kPointer) << 8 | u8();
	if (ok() && target >= limit)
		fail(DnsProblem::pointer);
	return target;
}

// Each jump goes before the place where the last one went, so there is an end to them; the bound
// on their number keeps pointers to pointers from making a message expensive.
WireName DnsCursor::name()
{
	DnsCursor walk = *this;
	WireName name;
	std::size_t limit = at_, jumps = 0;
	for (std::uint8_t length = walk.u8(); length != 0 && walk.ok(); length = walk.u8()) {
		if ((length & kPointer) == kPointer) {
			limit = walk.jump(length, limit);
			if (jumps++ == 0)
				at_ = walk.at_;
			if (jumps > kMaxJumps)
				walk.fail(DnsProblem::pointer);
			if (walk.ok())
				walk.at_ = limit;
		} else if (length & kPointer) {
			walk.fail(DnsProblem::label);
		} else {
			walk.add_label(name, length);
		}
	}
	if (!walk.ok()) {
		fail(*walk.problem());
		return {};
	}
	if (jumps == 0)
		at_ = walk.at_;
	return name;
}

std::optional<std::string> to_text(const WireName &name)
{
	std::string text;
	for (std::size_t at = 0; at < name.size();) {
		const auto length = static_cast<unsigned char>(name[at]);
		const std::string_view label = std::string_view(name).substr(at + 1, length);
		const auto is_host = [](char c) { return is_name_byte(c) && c != '.'; };
		if (!std::all_of(label.begin(), label.end(), is_host))
			return std::nullopt;
		text.append(text.empty() ? "" : ".").append(label);
		at += 1u + length;
	}
	return text.empty() ? std::nullopt : std::optional(text);
}

} // namespace flowmark
