// SPDX-License-Identifier: Apache-2.0
#include "replay/capture_file.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include <fmt/format.h>

#include "config/text.h"

namespace flowmark {

namespace {

constexpr std::uint64_t kNanoseconds = 1'000'000'000;
constexpr int kRead = 1, kEnd = PCAP_ERROR_BREAK; // of pcap_next_ex

// With that precision tv_usec counts nanoseconds.
std::uint64_t nanoseconds(const timeval &time)
{
	return static_cast<std::uint64_t>(time.tv_sec) * kNanoseconds +
	       static_cast<std::uint64_t>(time.tv_usec);
}

} // namespace

void CaptureFile::Close::operator()(pcap *capture) const
{
	pcap_close(capture);
}

Result<CaptureFile> CaptureFile::open(const std::string &path)
{
	std::array<char, PCAP_ERRBUF_SIZE> error{};
	pcap *const capture = pcap_open_offline_with_tstamp_precision(
		path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error.data());
	if (capture == nullptr)
		return Error{printable(error.data())};
	return CaptureFile(capture);
}

int CaptureFile::link_type() const
{
	return pcap_datalink(capture_.get());
}

// -1 where the file cannot tell.
std::int64_t CaptureFile::offset() const
{
	return ftello(pcap_file(capture_.get()));
}

bool CaptureFile::next(CaptureRecord &record)
{
	if (!broken_.empty())
		return false;
	pcap_pkthdr *header = nullptr;
	const u_char *bytes = nullptr;
	const std::int64_t start = offset();
	const int status = pcap_next_ex(capture_.get(), &header, &bytes);
	if (status == kEnd)
		return false;
	if (status != kRead) {
		broken_ = fmt::format("record {}{}: {}", records_ + 1,
				      start < 0 ? "" : fmt::format(", byte {}", start),
				      printable(pcap_geterr(capture_.get())));
		return false;
	}
	record.number = ++records_;
	record.time_ns = nanoseconds(header->ts);
	record.wire_bytes = std::max(header->len, header->caplen);
	record.bytes = {bytes, header->caplen};
	return true;
}

} // namespace flowmark
