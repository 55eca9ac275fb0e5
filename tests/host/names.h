// SPDX-License-Identifier: Apache-2.0
// A name as the packet path remembers it.
#pragma once

#include <algorithm>
#include <string_view>

#include <flowmark/names.h>

namespace flowmark::test {

inline fm_name name_of(std::string_view text)
{
	fm_name name{};
	std::uint64_t hash = FM_NAME_HASH_START;
	name.length = static_cast<__u8>(text.size());
	name.evidence = FM_EVIDENCE_SNI;
	std::copy(text.begin(), text.end(), name.text);
	for (std::size_t i = text.size(); i > 0; i--) {
		if (text[i - 1] == '.' && name.suffixes < FM_NAME_SUFFIXES)
			name.suffix[name.suffixes++] = fm_name_hash_end(hash);
		hash = fm_name_hash_step(hash, static_cast<__u8>(text[i - 1]));
	}
	name.whole = fm_name_hash_end(hash);
	return name;
}

} // namespace flowmark::test
