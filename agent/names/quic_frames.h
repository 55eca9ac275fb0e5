// SPDX-License-Identifier: Apache-2.0
// The frames of an Initial, of which the CRYPTO frames are wanted: RFC 9000, 12.4 and 19.
#pragma once

#include <cstdint>
#include <span>

#include "names/quic_crypto_buffer.h"

namespace flowmark {

// Puts what CRYPTO frames carry into `crypto`. False at a frame that is malformed or not
// allowed in an Initial; what came before it is then in `crypto` already.
bool read_quic_frames(std::span<const std::uint8_t> payload, CryptoBuffer &crypto);

} // namespace flowmark
