// SPDX-License-Identifier: Apache-2.0
// All that CaptureFile makes of a file.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "replay/capture_file.h"
#include "replay/capture_writer.h"

namespace flowmark::test {

inline const Bytes kFrame(60, 7);

struct ReadBack {
	std::vector<Bytes> frames;
	std::vector<std::uint32_t> wire;
	std::vector<std::uint64_t> times;
	std::vector<int> links;
	std::string broken; // of the head, or of what follows it
};

inline ReadBack read_back(const Bytes &file)
{
	const TemporaryFile on_disk(file);
	ReadBack back;
	auto capture = CaptureFile::open(on_disk.path());
	if (!capture) {
		back.broken = capture.error().message;
		return back;
	}
	CaptureRecord record;
	while (capture->next(record)) {
		back.frames.emplace_back(record.bytes.begin(), record.bytes.end());
		back.wire.push_back(record.wire_bytes);
		back.times.push_back(record.time_ns);
		back.links.push_back(record.link_type);
		EXPECT_EQ(record.number, back.frames.size());
	}
	back.broken = capture->broken();
	EXPECT_FALSE(capture->next(record));
	return back;
}

} // namespace flowmark::test
