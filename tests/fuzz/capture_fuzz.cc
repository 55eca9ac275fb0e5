// SPDX-License-Identifier: Apache-2.0
// pcapng files: each record stands in the file, behind the one before it, and the reading ends.
#include <cstdio>
#include <cstring>

#include "fuzz/fuzz.h"
#include "replay/pcapng_file.h"

using flowmark::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	if (size == 0)
		return 0;
	// It is opened for reading alone.
	flowmark::InputFile file(fmemopen(const_cast<std::uint8_t *>(data), size, "rb"));
	require(file != nullptr, "a file in memory can be opened");
	auto capture = flowmark::PcapngFile::open(std::move(file));
	if (!capture)
		return 0;
	flowmark::CaptureRecord record;
	std::size_t behind = 0;
	for (;;) {
		const auto read = (*capture)->next(record);
		const auto start = static_cast<std::size_t>((*capture)->offset());
		require(start >= behind && start <= size, "blocks follow each other");
		if (!read || !*read)
			return 0;
		const std::size_t length = record.bytes.size();
		require(length <= size - start && record.wire_bytes >= length, "a packet fits");
		require(memmem(data + start, size - start, record.bytes.data(), length) != nullptr,
			"a packet stands in its block");
		behind = start + length;
	}
}
