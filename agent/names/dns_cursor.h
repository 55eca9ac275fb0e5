// SPDX-License-Identifier: Apache-2.0
// Reads a DNS message from one byte to the next; never beyond its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "names/dns_problem.h"

namespace flowmark {

using Bytes = std::span<const std::uint8_t>;

// A name as messages have it, uncompressed and in lower case: each label behind its length byte,
// without the root's. A label may hold any byte, a dot too, so names are compared in this form.
using WireName = std::string;

// The first failure lasts: from then on every read gives 0 or nothing, so that a caller looks at
// problem() once, after the last read of what belongs together.
class DnsCursor {
      public:
	// The message must outlive the cursor.
	explicit DnsCursor(Bytes message) : message_(message), end_(message.size()) {}

	std::uint8_t u8();
	std::uint16_t u16();
	std::uint32_t u32();
	Bytes take(std::size_t count);
	// Follows compression pointers, which may only point backwards.
	WireName name();
	// A name without compression, as service records must have it.
	WireName plain_name();
	// A cursor over the next `count` bytes, which this one skips. Names in it may point to
	// what is before.
	DnsCursor part(std::size_t count);

	// The first failure is kept.
	void fail(DnsProblem problem);
	[[nodiscard]] bool ok() const { return !problem_; }
	[[nodiscard]] std::optional<DnsProblem> problem() const { return problem_; }
	[[nodiscard]] std::size_t left() const { return end_ - at_; }

      private:
	// Whether `count` more bytes are there; fails if not.
	bool has(std::size_t count);
	void add_label(WireName &name, std::size_t length);
	// Moves to where the pointer that begins with `high` points, if that is before `limit`.
	std::size_t jump(std::uint8_t high, std::size_t limit);

	Bytes message_;
	std::size_t at_ = 0;
	std::size_t end_;
	std::optional<DnsProblem> problem_;
};

// As people write it, without the dot at the end; nothing for the root and for a name that holds
// a byte which no host name has, such as a dot in a label.
std::optional<std::string> to_text(const WireName &name);

} // namespace flowmark
