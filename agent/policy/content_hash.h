// SPDX-License-Identifier: Apache-2.0
// What a table was built from, in 64 bits: an equal table is not built again. Of a config, so
// nobody has a reason to look for collisions.
#pragma once

#include <cstdint>

namespace flowmark {

constexpr std::uint64_t mix_content(std::uint64_t hash, std::uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15U;
	return hash ^ hash >> 32;
}

} // namespace flowmark
