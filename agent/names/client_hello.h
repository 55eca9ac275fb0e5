// SPDX-License-Identifier: Apache-2.0
// The server's name in a TLS ClientHello, from as much of it as has come.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace flowmark {

enum class HelloState {
	need_more, // the bytes end before the name or before the last extension
	name,
	no_name, // whole, and it names no server
	malformed,
};

struct ClientHello {
	HelloState state = HelloState::need_more;
	std::string name; // printable ASCII, lower case, without a trailing dot, 1..255 bytes
	// An encrypted_client_hello extension is among the bytes that have come.
	bool ech = false;
};

// `bytes`: the handshake message from its type on (no records), as far as it is known.
// More bytes never change a name, no_name or malformed.
ClientHello read_client_hello(std::span<const std::uint8_t> bytes);

} // namespace flowmark
