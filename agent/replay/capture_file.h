// SPDX-License-Identifier: Apache-2.0
// A capture, pcap or pcapng, record by record.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "replay/capture_format.h"

namespace flowmark {

class CaptureFile {
      public:
	// "-" is standard input. The error says what is wrong with the file's head.
	static Result<CaptureFile> open(const std::string &path);

	// False at the end, and where the capture is broken: then broken() says where
	// and how, and nothing more can be read.
	[[nodiscard]] bool next(CaptureRecord &record);
	// Empty while nothing is wrong.
	[[nodiscard]] const std::string &broken() const { return broken_; }

      private:
	explicit CaptureFile(std::unique_ptr<CaptureFormat> format) : format_(std::move(format)) {}

	std::unique_ptr<CaptureFormat> format_;
	std::uint64_t records_ = 0;
	std::string broken_;
};

} // namespace flowmark
