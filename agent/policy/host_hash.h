// SPDX-License-Identifier: Apache-2.0
// The hashes of include/flowmark/names.h of a name and its suffixes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <flowmark/names.h>

namespace flowmark {

// The hash of `name`. Calls each(hash, begin) before for every suffix that follows a dot,
// the shortest first; it begins at name[begin].
template <typename Each>
std::uint64_t hash_host(std::string_view name, Each &&each)
{
	std::uint64_t hash = FM_NAME_HASH_START;
	for (std::size_t i = name.size(); i > 0; i--) {
		if (name[i - 1] == '.')
			each(fm_name_hash_end(hash), i);
		hash = fm_name_hash_step(hash, static_cast<unsigned char>(name[i - 1]));
	}
	return fm_name_hash_end(hash);
}

inline std::uint64_t hash_host(std::string_view name)
{
	return hash_host(name, [](std::uint64_t, std::size_t) {});
}

} // namespace flowmark
