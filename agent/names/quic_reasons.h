// SPDX-License-Identifier: Apache-2.0
// Why QUIC Initials gave no name: X(reason, label, help). The list feeds the enum, the
// `reason` label of the metric and its help.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace flowmark {

// clang-format off
#define FM_QUIC_REASONS(X)                                                                \
	X(not_quic, "not_quic", "no long header of QUIC")                                 \
	X(version, "version", "a version that is not read: gQUIC, mvfst, later ones")     \
	X(truncated, "short", "a header or a length reaches beyond the datagram")         \
	X(decrypt, "decrypt", "no key of this connection fits")                           \
	X(frames, "frames", "a frame that is malformed or has no place in an Initial")    \
	X(limit, "limit", "more than 8 KiB of hello without a name")                      \
	X(tls, "tls", "what was carried is no well-formed ClientHello")                   \
	X(table_full, "table_full", "given up, half read, for a newer connection")        \
	X(expired, "expired", "the rest of the hello did not come in time")
// clang-format on

enum class QuicReason {
#define FM_ENUM(reason, label, help) reason,
	FM_QUIC_REASONS(FM_ENUM)
#undef FM_ENUM
};

#define FM_LABEL(reason, label, help) std::string_view(label),
inline constexpr std::array kQuicReasonLabels = {FM_QUIC_REASONS(FM_LABEL)};
#undef FM_LABEL

constexpr std::size_t kQuicReasons = kQuicReasonLabels.size();

inline std::string_view label_of(QuicReason reason)
{
	return kQuicReasonLabels.at(static_cast<std::size_t>(reason));
}

} // namespace flowmark
