// SPDX-License-Identifier: Apache-2.0
// QUIC Initials as clients make them: hellos, frames and their protection. For tests, the
// bench and the fuzzers' seeds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowmark::test {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

Bytes from_hex(std::string_view hex);
Bytes joined(std::initializer_list<Bytes> parts);
Bytes slice(const Bytes &bytes, std::size_t begin, std::size_t end);

struct HelloShape {
	std::string name = "www.example.com"; // empty: no server_name extension
	std::size_t before = 0; // bytes of another extension ahead of it; 0: no such extension
	std::size_t behind = 0; // and behind it
	bool ech_before = false, ech_behind = false;
};
Bytes make_hello(const HelloShape &shape);

Bytes extension(std::uint16_t type, View body);
Bytes server_name_body(std::string_view name);
// A handshake message with these extensions.
Bytes hello_of(View extensions);

Bytes varint(std::uint64_t value);
Bytes crypto_frame(std::size_t offset, View bytes);
// The frame of hello[begin, end).
Bytes crypto_part(const Bytes &hello, std::size_t begin, std::size_t end);

struct InitialShape {
	std::uint32_t version = 1;
	Bytes destination = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
	Bytes keys_of{}; // the connection ID that the keys follow from; empty: `destination`
	Bytes source{};
	Bytes token{};
	std::uint64_t number = 0;
	std::size_t number_width = 4;
	std::size_t size = 1200; // PADDING up to so many bytes of packet
};
Bytes make_initial(const InitialShape &shape, View frames);

// A long header of another type than Initial, with `size` bytes behind it.
Bytes make_other_packet(const InitialShape &shape, unsigned type, std::size_t size);

// ---- the examples of RFC 9001 and RFC 9369, appendix A ----

extern const std::string_view kRfcCryptoFrame;	 // of both, its hello names example.com
extern const std::string_view kRfcServerInitial; // RFC 9001, A.3

} // namespace flowmark::test
