// SPDX-License-Identifier: Apache-2.0
#include "config/utf8.h"

namespace flowmark {

namespace {

std::size_t sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead < 0xe0)
		return 2;
	if (lead >= 0xe0 && lead < 0xf0)
		return 3;
	return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

// Not longer than needed, no surrogate, not past Unicode's end.
bool is_well_formed(char32_t code, std::size_t length)
{
	if (length == 3)
		return code >= 0x800 && (code < 0xd800 || code > 0xdfff);
	return length != 4 || (code >= 0x10000 && code <= 0x10ffff);
}

} // namespace

Utf8Char decode_utf8(std::string_view text, std::size_t at)
{
	const auto lead = static_cast<unsigned char>(text[at]);
	const std::size_t length = sequence_length(lead);
	if (length <= 1)
		return {lead, length};
	if (text.size() - at < length)
		return {};
	char32_t code = lead & (0x7fu >> length);
	for (std::size_t i = 1; i < length; i++) {
		const auto next = static_cast<unsigned char>(text[at + i]);
		if ((next & 0xc0) != 0x80)
			return {};
		code = code << 6 | (next & 0x3f);
	}
	return is_well_formed(code, length) ? Utf8Char{code, length} : Utf8Char{};
}

bool is_control(char32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

bool is_deceptive(char32_t code)
{
	return code == 0x61c || code == 0xfeff || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069);
}

} // namespace flowmark
