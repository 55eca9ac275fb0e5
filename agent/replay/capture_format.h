// SPDX-License-Identifier: Apache-2.0
// What the formats of captures have in common.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>

#include "base/result.h"

namespace flowmark {

struct CaptureRecord {
	std::uint64_t number = 0;     // from 1
	int link_type = 0;	      // DLT_*
	std::uint64_t time_ns = 0;    // since the epoch, as the capture says
	std::uint32_t wire_bytes = 0; // what the record says was there, at least what is here
	std::span<const std::uint8_t> bytes; // what was captured; valid until the next one is read
};

struct CloseInput {
	void operator()(std::FILE *file) const
	{
		if (file != stdin)
			std::fclose(file);
	}
};

using InputFile = std::unique_ptr<std::FILE, CloseInput>;

// One file of one format, behind its head.
class CaptureFormat {
      public:
	CaptureFormat() = default;
	virtual ~CaptureFormat() = default;
	CaptureFormat(const CaptureFormat &) = delete;
	CaptureFormat &operator=(const CaptureFormat &) = delete;

	// All of a record but its number; false at the end. Not to be called again after an
	// error.
	[[nodiscard]] virtual Result<bool> next(CaptureRecord &record) = 0;
	// Where that began which next() looked at last; -1 where the file cannot tell.
	[[nodiscard]] virtual std::int64_t offset() const = 0;
};

} // namespace flowmark
