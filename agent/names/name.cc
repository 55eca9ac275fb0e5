// SPDX-License-Identifier: Apache-2.0
#include "names/name.h"

#include <algorithm>

namespace flowmark {

namespace {

// One walk from the last byte to the first gives all hashes.
void fill_hashes(fm_name &name)
{
	std::uint64_t hash = FM_NAME_HASH_START;
	for (std::size_t i = name.length; i-- > 0;) {
		if (name.text[i] == '.' && name.suffixes < FM_NAME_SUFFIXES)
			name.suffix[name.suffixes++] = fm_name_hash_end(hash);
		hash = fm_name_hash_step(hash, static_cast<std::uint8_t>(name.text[i]));
	}
	name.whole = fm_name_hash_end(hash);
}

} // namespace

fm_name make_name(std::string_view text, fm_evidence evidence)
{
	fm_name name{};
	if (text.ends_with('.'))
		text.remove_suffix(1);
	if (text.empty() || text.size() > FM_NAME_BYTES ||
	    !std::all_of(text.begin(), text.end(), is_name_byte))
		return name;
	name.length = static_cast<std::uint8_t>(text.size());
	name.evidence = static_cast<std::uint8_t>(evidence);
	std::transform(text.begin(), text.end(), name.text, to_lower);
	fill_hashes(name);
	return name;
}

std::uint64_t hash_name(std::string_view text)
{
	std::uint64_t hash = FM_NAME_HASH_START;
	for (std::size_t i = text.size(); i-- > 0;)
		hash = fm_name_hash_step(hash, static_cast<std::uint8_t>(text[i]));
	return fm_name_hash_end(hash);
}

const char *evidence_label(fm_evidence evidence)
{
	switch (evidence) {
	case FM_EVIDENCE_SNI:
		return "sni";
	case FM_EVIDENCE_QUIC:
		return "quic";
	case FM_EVIDENCE_DNS:
		return "dns";
	case FM_EVIDENCE_OUTER_SNI:
		return "outer-sni";
	case FM_EVIDENCE_NONE:
	case FM_EVIDENCE_COUNT:
		break;
	}
	return "none";
}

} // namespace flowmark
