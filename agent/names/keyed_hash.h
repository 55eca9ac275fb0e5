// SPDX-License-Identifier: Apache-2.0
// Hashes for tables whose keys outsiders choose: without the seed nobody can choose those that
// meet in one bucket.
#pragma once

#include <cstdint>
#include <random>

namespace flowmark {

inline std::uint64_t random_seed()
{
	std::random_device device;
	return static_cast<std::uint64_t>(device()) << 32 | device();
}

// One step of a hash that began with the seed.
constexpr std::uint64_t mix(std::uint64_t hash, std::uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

} // namespace flowmark
