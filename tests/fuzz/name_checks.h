// SPDX-License-Identifier: Apache-2.0
// What holds for every name that the packet path keeps.
#pragma once

#include <cstddef>
#include <string_view>

#include "fuzz/fuzz.h"
#include "names/name.h"

namespace flowmark::fuzz {

inline std::string_view text_of(const fm_name &name)
{
	return {name.text, name.length};
}

// Printable, ended by a 0, and with the hashes of itself and of what is behind each dot, the
// last ones first; or it is empty.
inline void require_kept_well(const fm_name &name)
{
	const std::string_view text = text_of(name);
	require(name.text[name.length] == '\0', "a text that ends");
	if (text.empty())
		return;
	require(is_name(text), "a printable name");
	require(name.whole == hash_name(text), "the name's hash");
	std::size_t suffixes = 0;
	for (std::size_t at = text.size(); at-- > 0 && suffixes < FM_NAME_SUFFIXES;)
		if (text[at] == '.')
			require(name.suffix[suffixes++] == hash_name(text.substr(at + 1)),
				"a suffix's hash");
	require(name.suffixes == suffixes, "a hash for each suffix");
}

} // namespace flowmark::fuzz
