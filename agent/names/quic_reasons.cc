// SPDX-License-Identifier: Apache-2.0
#include "names/quic_reasons.h"

#include <array>

namespace flowmark {

std::string_view label_of(QuicReason reason)
{
#define FM_LABEL(reason, label, help) label,
	static constexpr std::array<std::string_view, kQuicReasons> kLabels = {
		FM_QUIC_REASONS(FM_LABEL)};
#undef FM_LABEL
	return kLabels.at(static_cast<std::size_t>(reason));
}

} // namespace flowmark
