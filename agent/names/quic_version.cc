// SPDX-License-Identifier: Apache-2.0
#include "names/quic_version.h"

#include <algorithm>

namespace flowmark {

namespace {

using Salt = std::array<std::uint8_t, 20>;

constexpr Salt kSaltV1 = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
			  0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
constexpr Salt kSaltV2 = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
			  0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
constexpr Salt kSaltDraft23 = {0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
			       0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02};
constexpr Salt kSaltDraft29 = {0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
			       0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99};

constexpr QuicVersion like_v1(std::uint32_t first, std::uint32_t last, const Salt &salt)
{
	return {first, last, 0, 3, "quic key", "quic iv", "quic hp", salt};
}

constexpr std::array kVersions = {
	like_v1(kQuicV1, kQuicV1, kSaltV1),
	QuicVersion{kQuicV2, kQuicV2, 1, 0, "quicv2 key", "quicv2 iv", "quicv2 hp", kSaltV2},
	like_v1(kQuicDraft | 23, kQuicDraft | 28, kSaltDraft23),
	like_v1(kQuicDraft | 29, kQuicDraft | 32, kSaltDraft29),
	like_v1(kQuicDraft | 33, kQuicDraft | 34, kSaltV1),
};

} // namespace

const QuicVersion *find_quic_version(std::uint32_t number)
{
	const auto *found = std::find_if(
		kVersions.begin(), kVersions.end(), [number](const QuicVersion &version) {
			return version.first <= number && number <= version.last;
		});
	return found == kVersions.end() ? nullptr : found;
}

} // namespace flowmark
