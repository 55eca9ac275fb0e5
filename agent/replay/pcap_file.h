// SPDX-License-Identifier: Apache-2.0
// A pcap file, by libpcap, which knows all of the format's dialects.
#pragma once

#include <cstdint>
#include <memory>

#include "replay/capture_format.h"

struct pcap; // of <pcap/pcap.h>

namespace flowmark {

class PcapFile : public CaptureFormat {
      public:
	static Result<std::unique_ptr<CaptureFormat>> open(InputFile file);

	Result<bool> next(CaptureRecord &record) override;
	[[nodiscard]] std::int64_t offset() const override { return start_; }

      private:
	struct Close {
		void operator()(pcap *capture) const;
	};

	explicit PcapFile(pcap *capture) : capture_(capture) {}

	std::unique_ptr<pcap, Close> capture_;
	std::int64_t start_ = 0;
};

} // namespace flowmark
