// SPDX-License-Identifier: Apache-2.0
// A pcapng file (draft-ietf-opsawg-pcapng). libpcap reads them too, but ends at an interface
// whose link type or snapshot length differs from the first one's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "replay/block_reader.h"
#include "replay/capture_format.h"

namespace flowmark {

class PcapngFile : public CaptureFormat {
      public:
	static Result<std::unique_ptr<CaptureFormat>> open(InputFile file);

	Result<bool> next(CaptureRecord &record) override;
	[[nodiscard]] std::int64_t offset() const override { return blocks_.offset(); }

      private:
	struct Interface {
		int link_type = 0;		  // DLT_*
		std::uint32_t snapshot_bytes = 0; // 0: no limit
		std::uint8_t resolution = 6;	  // if_tsresol
		std::uint64_t offset_s = 0;	  // if_tsoffset, two's complement

		[[nodiscard]] Result<void> read_options(BlockCursor &cursor);
		[[nodiscard]] Result<void> read_option(std::uint16_t code, BlockCursor value);
		[[nodiscard]] std::uint64_t nanoseconds(std::uint64_t units) const;
	};

	explicit PcapngFile(InputFile file) : blocks_(std::move(file)) {}
	// Whether there is a packet in it.
	[[nodiscard]] Result<bool> take(const Block &block, CaptureRecord &record);
	[[nodiscard]] Result<void> begin_section(BlockCursor cursor);
	[[nodiscard]] Result<void> add_interface(BlockCursor cursor);
	[[nodiscard]] Result<void> read_packet(BlockCursor cursor, std::uint32_t number,
					       CaptureRecord &record);
	[[nodiscard]] Result<void> read_simple(BlockCursor cursor, CaptureRecord &record);
	[[nodiscard]] Result<const Interface *> interface(std::uint32_t number) const;

	BlockReader blocks_;
	std::vector<Interface> interfaces_; // of this section
	std::uint64_t time_ns_ = 0;	    // of the last packet that had one
};

} // namespace flowmark
