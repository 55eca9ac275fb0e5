// SPDX-License-Identifier: Apache-2.0
#include "names/client_hello.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace flowmark {

namespace {

constexpr std::uint32_t kClientHello = 1;
constexpr std::uint32_t kServerName = 0;
constexpr std::uint32_t kHostName = 0;
constexpr std::uint32_t kEncryptedClientHello = 0xfe0d;
constexpr std::size_t kMaxServerName = 255;

using Bytes = std::span<const std::uint8_t>;

// Reads within what the lengths announce, of which less may have come. What cannot be read
// says which of the two it met: bytes that are still to come, or a length that is wrong.
class Cursor {
      public:
	explicit Cursor(Bytes bytes) : bytes_(bytes) {}

	[[nodiscard]] HelloState failure() const { return failure_; }
	[[nodiscard]] std::size_t left() const { return end_ - at_; }

	bool take(std::size_t count, Bytes &taken)
	{
		if (!check(count <= left()))
			return false;
		if (count > bytes_.size() - at_) {
			failure_ = HelloState::need_more;
			return false;
		}
		taken = bytes_.subspan(at_, count);
		at_ += count;
		return true;
	}

	bool skip(std::size_t count)
	{
		Bytes skipped;
		return take(count, skipped);
	}

	bool number(std::size_t width, std::uint32_t &value)
	{
		Bytes digits;
		if (!take(width, digits))
			return false;
		value = 0;
		for (const std::uint8_t digit : digits)
			value = value << 8 | digit;
		return true;
	}

	// From here on, nothing lies beyond the next `count` bytes.
	bool narrow(std::size_t count)
	{
		if (!check(count <= left()))
			return false;
		end_ = at_ + count;
		return true;
	}

	bool check(bool holds)
	{
		if (!holds)
			failure_ = HelloState::malformed;
		return holds;
	}

      private:
	Bytes bytes_;
	std::size_t at_ = 0;
	std::size_t end_ = std::numeric_limits<std::size_t>::max();
	HelloState failure_ = HelloState::need_more;
};

bool skip_to_extensions(Cursor &at)
{
	std::uint32_t n = 0;
	return at.number(1, n) && at.check(n == kClientHello) && at.number(3, n) && at.narrow(n) &&
	       at.number(2, n) && at.check(n >> 8 == 3) && at.skip(32) && at.number(1, n) &&
	       at.check(n <= 32) && at.skip(n) && at.number(2, n) &&
	       at.check(n >= 2 && n % 2 == 0) && at.skip(n) && at.number(1, n) &&
	       at.check(n >= 1) && at.skip(n);
}

std::string normalised(Bytes text)
{
	std::string name;
	name.reserve(text.size());
	for (const std::uint8_t byte : text)
		name += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte);
	if (name.ends_with('.'))
		name.pop_back();
	return name;
}

bool printable_name(Bytes text)
{
	return !text.empty() && text.size() <= kMaxServerName &&
	       std::all_of(text.begin(), text.end(),
			   [](std::uint8_t byte) { return byte > 0x20 && byte < 0x7f; });
}

// The first host name of a server_name extension, whose body is all that `at` has left;
// `name` stays empty if the list has none. False: see at.failure().
bool read_server_name(Cursor &at, std::string &name)
{
	std::uint32_t n = 0;
	if (!at.number(2, n) || !at.check(n == at.left() && n > 0))
		return false;
	while (at.left() > 0) {
		std::uint32_t type = 0;
		Bytes text;
		if (!at.number(1, type) || !at.number(2, n) || !at.take(n, text))
			return false;
		if (type != kHostName || !name.empty())
			continue;
		if (!at.check(printable_name(text)))
			return false;
		name = normalised(text);
		if (!at.check(!name.empty()))
			return false;
	}
	return true;
}

ClientHello ended(const Cursor &at, ClientHello hello)
{
	hello.state = at.failure();
	return hello;
}

// What follows the name cannot take it back, so that it does not depend on how much had
// come when it was looked for.
bool finds_ech(Cursor at)
{
	std::uint32_t type = 0, length = 0;
	while (at.left() > 0 && at.number(2, type) && at.number(2, length)) {
		if (type == kEncryptedClientHello)
			return true;
		if (!at.skip(length))
			return false;
	}
	return false;
}

ClientHello read_extensions(Cursor at)
{
	ClientHello hello;
	std::uint32_t type = 0, length = 0;
	while (at.left() > 0) {
		if (!at.number(2, type) || !at.number(2, length) || !at.check(length <= at.left()))
			return ended(at, hello);
		if (type == kEncryptedClientHello)
			hello.ech = true;
		if (type == kServerName) {
			Cursor inside = at;
			if (!inside.narrow(length) || !read_server_name(inside, hello.name)) {
				hello.name.clear();
				return ended(inside, hello);
			}
		}
		if (!hello.name.empty()) {
			hello.state = HelloState::name;
			hello.ech = hello.ech || (at.skip(length) && finds_ech(at));
			return hello;
		}
		if (!at.skip(length))
			return ended(at, hello);
	}
	hello.state = HelloState::no_name;
	return hello;
}

} // namespace

ClientHello read_client_hello(Bytes bytes)
{
	Cursor at(bytes);
	if (!skip_to_extensions(at))
		return ended(at, {});
	// Before TLS 1.2 there were hellos that ended here.
	if (at.left() == 0)
		return {.state = HelloState::no_name, .name = {}, .ech = false};
	std::uint32_t length = 0;
	if (!at.number(2, length) || !at.check(length == at.left()))
		return ended(at, {});
	return read_extensions(at);
}

} // namespace flowmark
