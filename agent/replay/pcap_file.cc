// SPDX-License-Identifier: Apache-2.0
#include "replay/pcap_file.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <array>
#include <cstdio>

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

// The file too, unless it is standard input.
void PcapFile::Close::operator()(pcap *capture) const
{
	pcap_close(capture);
}

Result<std::unique_ptr<CaptureFormat>> PcapFile::open(InputFile file)
{
	std::array<char, PCAP_ERRBUF_SIZE> error{};
	pcap *const capture = pcap_fopen_offline_with_tstamp_precision(
		file.get(), PCAP_TSTAMP_PRECISION_NANO, error.data());
	if (capture == nullptr)
		return Error{printable(error.data())};
	file.release(); // NOLINT(bugprone-unused-return-value): it is the capture's now
	return std::unique_ptr<CaptureFormat>(new PcapFile(capture));
}

Result<bool> PcapFile::next(CaptureRecord &record)
{
	pcap_pkthdr *header = nullptr;
	const u_char *bytes = nullptr;
	start_ = ftello(pcap_file(capture_.get()));
	const int status = pcap_next_ex(capture_.get(), &header, &bytes);
	if (status == kEnd)
		return false;
	if (status != kRead)
		return Error{printable(pcap_geterr(capture_.get()))};
	record.link_type = pcap_datalink(capture_.get());
	record.time_ns = nanoseconds(header->ts);
	record.wire_bytes = std::max(header->len, header->caplen);
	record.bytes = {bytes, header->caplen};
	return true;
}

} // namespace flowmark
