// SPDX-License-Identifier: Apache-2.0
// The records that inputs of quic_fuzz consist of, kScriptRecords at most:
//   what    1 byte: bits 0-1 the flow, 2-3 seconds that pass before, 4 raw,
//           5-7 which of kScriptVersions
//   ids     1 byte, not if raw: bits 0-1 the connection ID that it goes to, 2-3 that which
//           its keys are of, 4-5 packet number's width, 6-7 size: 0, 300, 1200 or 1350
//   number  1 byte, not if raw: packet number
//   length  2 bytes, at most what is left
//   bytes   a datagram if raw, else the frames of an Initial
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "names/initials.h"
#include "names/quic_bytes.h"
#include "names/quic_version.h"

namespace flowmark::fuzz {

constexpr std::size_t kScriptFlows = 4;
constexpr std::size_t kScriptRecords = 24;
constexpr std::array<std::uint32_t, 8> kScriptVersions = {
	kQuicV1, kQuicV1, kQuicV1, kQuicV1, kQuicV2, kQuicV2, kQuicDraft | 29, kQuicDraft | 23};
constexpr std::array<std::size_t, 4> kScriptSizes = {0, 300, 1200, 1350};
inline const std::array<test::Bytes, 4> kScriptIds = {test::from_hex("8394c8f03e515708"),
						      test::from_hex("f067a5502a4262b5"),
						      test::Bytes{}, test::Bytes(20, 0x33)};

constexpr std::uint8_t kScriptRaw = 0x10;

class Script {
      public:
	struct Record {
		std::size_t flow = 0;
		std::chrono::seconds pause{};
		test::Bytes datagram;
		std::optional<test::Bytes> frames; // what was protected, if it was here
	};

	explicit Script(test::View input) : at_(input) {}

	std::optional<Record> next()
	{
		if (at_.left() < 3 || records_++ == kScriptRecords)
			return {};
		const std::uint64_t what = at_.number(1);
		Record record;
		record.flow = what & 3;
		record.pause = std::chrono::seconds(what >> 2 & 3);
		if ((what & kScriptRaw) != 0) {
			record.datagram = take_bytes();
			return record;
		}
		test::InitialShape shape;
		shape.version = kScriptVersions.at(what >> 5);
		const std::uint64_t ids = at_.number(1);
		shape.destination = kScriptIds.at(ids & 3);
		shape.keys_of = kScriptIds.at(ids >> 2 & 3);
		shape.number_width = (ids >> 4 & 3) + 1;
		shape.size = kScriptSizes.at(ids >> 6);
		shape.number = at_.number(1);
		record.frames = take_bytes();
		record.datagram = test::make_initial(shape, *record.frames);
		return record;
	}

      private:
	test::Bytes take_bytes()
	{
		const std::uint64_t length = at_.number(2);
		const test::View bytes = at_.take(std::min<std::uint64_t>(length, at_.left()));
		return {bytes.begin(), bytes.end()};
	}

	QuicBytes at_;
	std::size_t records_ = 0;
};

} // namespace flowmark::fuzz
