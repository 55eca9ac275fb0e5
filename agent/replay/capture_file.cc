// SPDX-License-Identifier: Apache-2.0
#include "replay/capture_file.h"

#include <cstdio>

#include <fmt/format.h>

#include "replay/pcap_file.h"
#include "replay/pcapng_file.h"

namespace flowmark {

namespace {

constexpr int kFirstOfPcapng = 0x0a; // and of no pcap

Result<std::unique_ptr<CaptureFormat>> open_format(InputFile file)
{
	// More than one byte cannot be put back where the input is a pipe.
	const int first = std::getc(file.get());
	if (first == EOF)
		return std::ferror(file.get()) != 0 ? errno_error("cannot read")
						    : Error{"the file is empty"};
	std::ungetc(first, file.get());
	return first == kFirstOfPcapng ? PcapngFile::open(std::move(file))
				       : PcapFile::open(std::move(file));
}

} // namespace

Result<CaptureFile> CaptureFile::open(const std::string &path)
{
	InputFile file(path == "-" ? stdin : std::fopen(path.c_str(), "rbe"));
	if (file == nullptr)
		return errno_error("cannot open");
	auto format = open_format(std::move(file));
	if (!format)
		return format.error();
	return CaptureFile(std::move(*format));
}

bool CaptureFile::next(CaptureRecord &record)
{
	if (!broken_.empty())
		return false;
	const auto read = format_->next(record);
	if (read) {
		record.number = ++records_;
		return *read;
	}
	const std::int64_t start = format_->offset();
	broken_ = fmt::format("record {}{}: {}", records_ + 1,
			      start < 0 ? "" : fmt::format(", byte {}", start),
			      read.error().message);
	return false;
}

} // namespace flowmark
