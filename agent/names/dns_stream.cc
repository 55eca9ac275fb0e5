// SPDX-License-Identifier: Apache-2.0
#include "names/dns_stream.h"

#include <algorithm>
#include <utility>

namespace flowmark {

namespace {

constexpr std::size_t kLengthBytes = 2;
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kQuestionBytes = 5;
// Farther away than a message is long: another connection of the same ports.
constexpr std::int32_t kWindow = 1 << 16;
constexpr std::size_t kMaxPartBytes = 1 << 16;

std::uint16_t read16(Bytes bytes, std::size_t at)
{
	return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

// From `seq` to `next`, over the end of the numbers.
std::int32_t distance(std::uint32_t seq, std::uint32_t next)
{
	return static_cast<std::int32_t>(next - seq);
}

// An answer with one question, behind its length: REQUIRES kLengthBytes + kHeaderBytes.
bool is_answer(Bytes bytes)
{
	const bool answer = (read16(bytes, 4) & 0xf840) == 0x8000; // QR, opcode 0, Z 0
	return read16(bytes, 0) >= kHeaderBytes + kQuestionBytes && answer && read16(bytes, 6) == 1;
}

// Some servers send the length by itself. What is shorter than a header otherwise is rather the
// end of something.
bool may_start(Bytes bytes)
{
	if (bytes.size() == kLengthBytes)
		return read16(bytes, 0) >= kHeaderBytes + kQuestionBytes;
	return bytes.size() >= kLengthBytes + kHeaderBytes && is_answer(bytes);
}

} // namespace

std::vector<DnsStream::Message> DnsStream::take(std::uint32_t seq, Bytes payload)
{
	std::vector<Message> out;
	if (payload.empty() || payload.size() > kMaxPartBytes)
		return out;
	if (started_ && std::abs(distance(seq, next_)) > kWindow)
		lose();
	hold(seq, payload);
	if (!advance(out)) {
		// It may be this segment where a message begins, behind a guess that was wrong.
		hold(seq, payload);
		advance(out);
	}
	while (is_crowded()) {
		give_up_gap();
		advance(out);
	}
	return out;
}

void DnsStream::hold(std::uint32_t seq, Bytes payload)
{
	const auto known = std::find_if(parts_.begin(), parts_.end(),
					[&](const Part &part) { return part.seq == seq; });
	if (known != parts_.end() && known->bytes.size() >= payload.size())
		return;
	if (known != parts_.end())
		parts_.erase(known);
	parts_.push_back({seq, {payload.begin(), payload.end()}});
}

bool DnsStream::advance(std::vector<Message> &out)
{
	if (!started_ && !find_start())
		return true;
	append_parts();
	if (cut_messages(out))
		return true;
	lose();
	return false;
}

bool DnsStream::find_start()
{
	const Part *first = nullptr;
	for (const Part &part : parts_)
		if (may_start(part.bytes) &&
		    (first == nullptr || distance(part.seq, first->seq) > 0))
			first = &part;
	if (first == nullptr)
		return false;
	started_ = true;
	next_ = first->seq;
	return true;
}

void DnsStream::append_parts()
{
	for (auto part = parts_.begin(); part != parts_.end();) {
		const std::int32_t known = distance(part->seq, next_);
		if (known < 0) {
			part++;
			continue;
		}
		const auto size = static_cast<std::int32_t>(part->bytes.size());
		if (known < size) {
			buffer_.insert(buffer_.end(), part->bytes.begin() + known,
				       part->bytes.end());
			next_ += static_cast<std::uint32_t>(size - known);
		}
		parts_.erase(part);
		part = parts_.begin();
	}
}

bool DnsStream::cut_messages(std::vector<Message> &out)
{
	if (!proven_ && buffer_.size() >= kLengthBytes + kHeaderBytes) {
		if (!is_answer(buffer_))
			return false;
		proven_ = true;
	}
	auto at = buffer_.begin();
	while (buffer_.end() - at >= static_cast<std::ptrdiff_t>(kLengthBytes)) {
		const std::size_t length = read16({at, buffer_.end()}, 0);
		if (length < kHeaderBytes)
			return false;
		at += kLengthBytes;
		if (static_cast<std::size_t>(buffer_.end() - at) < length) {
			at -= kLengthBytes;
			break;
		}
		out.emplace_back(at, at + static_cast<std::ptrdiff_t>(length));
		at += static_cast<std::ptrdiff_t>(length);
	}
	buffer_.erase(buffer_.begin(), at);
	return true;
}

bool DnsStream::is_crowded() const
{
	std::size_t bytes = 0;
	for (const Part &part : parts_)
		bytes += part.bytes.size();
	return parts_.size() > kMaxParts || bytes > kMaxPartBytes;
}

// The segment that is missing will not come: what is behind it may begin with a message.
void DnsStream::give_up_gap()
{
	if (started_)
		lose();
	else
		parts_.erase(parts_.begin());
}

void DnsStream::lose()
{
	started_ = false;
	proven_ = false;
	buffer_.clear();
}

} // namespace flowmark
