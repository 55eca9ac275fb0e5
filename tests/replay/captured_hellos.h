// SPDX-License-Identifier: Apache-2.0
// The ClientHellos of captures whose truth is known (tests/captures/README.md).
#pragma once

#include <string>
#include <vector>

#include "names/initials.h"

namespace flowmark::test {

struct CapturedHello {
	std::string file; // and the client's port
	std::string name; // lower case
	Bytes bytes;	  // its records, whole
};

// Those over TCP that are whole and name somebody; each once.
std::vector<CapturedHello> read_captured_hellos(const std::string &folder);

} // namespace flowmark::test
