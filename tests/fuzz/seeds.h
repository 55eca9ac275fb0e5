// SPDX-License-Identifier: Apache-2.0
// What seeds.cc and seeds_packets.cc share.
#pragma once

#include <filesystem>
#include <string>

#include "names/initials.h"

namespace flowmark::fuzz {

void write_seed(const std::filesystem::path &folder, const std::string &name,
		const test::Bytes &bytes);

void write_hello_packets(const std::filesystem::path &folder);
void write_headers(const std::filesystem::path &folder);

} // namespace flowmark::fuzz
