// SPDX-License-Identifier: Apache-2.0
// A capture, pcap or pcapng, record by record.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

struct pcap; // of <pcap/pcap.h>

namespace flowmark {

struct CaptureRecord {
	std::uint64_t number = 0;     // from 1
	std::uint64_t time_ns = 0;    // since the epoch, as the capture says
	std::uint32_t wire_bytes = 0; // what the record says was there, at least what is here
	std::span<const std::uint8_t> bytes; // what was captured; valid until the next one is read
};

class CaptureFile {
      public:
	// "-" is standard input. The error says what is wrong with the file's head.
	static Result<CaptureFile> open(const std::string &path);

	// DLT_*
	[[nodiscard]] int link_type() const;

	// False at the end, and where the capture is broken: then broken() says where
	// and how, and nothing more can be read.
	[[nodiscard]] bool next(CaptureRecord &record);
	// Empty while nothing is wrong.
	[[nodiscard]] const std::string &broken() const { return broken_; }

      private:
	struct Close {
		void operator()(pcap *capture) const;
	};

	explicit CaptureFile(pcap *capture) : capture_(capture) {}
	[[nodiscard]] std::int64_t offset() const;

	std::unique_ptr<pcap, Close> capture_;
	std::uint64_t records_ = 0;
	std::string broken_;
};

} // namespace flowmark
