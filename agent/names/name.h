// SPDX-License-Identifier: Apache-2.0
// A host name as the maps keep it.
#pragma once

#include <cstdint>
#include <string_view>

#include <flowmark/names.h>

namespace flowmark {

// `text` in lower case and without the dot at its end, with its hashes. What is no name (nothing,
// more than FM_NAME_BYTES, a byte that is not printable ASCII) gives one of length 0 without
// evidence.
fm_name make_name(std::string_view text, fm_evidence evidence);

// "none", "sni", "quic", "dns", "outer-sni".
const char *evidence_label(fm_evidence evidence);

// fm_name_hash of a text that is in lower case and without the dot at its end.
std::uint64_t hash_name(std::string_view text);

// In a name's bytes: no blank, no control character, nothing beyond ASCII.
constexpr bool is_name_byte(char c)
{
	return c > ' ' && c < '\x7f';
}

constexpr char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

} // namespace flowmark
