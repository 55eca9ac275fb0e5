// SPDX-License-Identifier: Apache-2.0
// The packet path's reader of ClientHellos. The first byte, modulo 4, chooses:
// - 0, 2: the rest is what a client sends, from its first byte on: once in one segment, once in
//   pieces of half as many bytes as that byte says. A name that the whole shows, the pieces
//   show; and the agent's reader (names/client_hello.h) finds the same one.
// - 1: a count of segments, so many of them (five bytes each, as below), and a stream that they
//   are slices of, each end of each connection with letters of its own. A name that is found
//   stands in what one end sent.
// - 3: the same, but all from the client, of one connection, without pauses; then what is still
//   missing, or with the byte's bit 2 the whole in one segment. A name that the whole alone shows
//   is found.
// Nothing is read beyond a segment, which is an allocation of its own.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "fuzz/name_checks.h"
#include "fuzz/packet_path/packet_path.h"
#include "fuzz/packet_path/tables.h"
#include "names/client_hello.h"

using namespace flowmark;
using fuzz::require;
using fuzz::View;

namespace {

constexpr std::uint32_t kFirst = 0xfffff800; // sequence numbers wrap in the first 2 KiB
constexpr std::size_t kMost = 8192;	     // what is kept of a connection
constexpr std::size_t kSegments = 32;
constexpr std::uint64_t kOwner = 0x123456789abcdefULL;

struct Answer {
	packet_outcome outcome = PACKET_MORE;
	std::optional<std::string> name;
};

Answer send(View bytes, std::uint32_t seq, std::uint32_t from, std::uint64_t owner)
{
	const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
	const auto outcome = packet_segment(exact.data(), static_cast<std::uint32_t>(exact.size()),
					    owner, seq, from);
	if (outcome != PACKET_NAME)
		return {outcome, std::nullopt};
	fuzz::require_kept_well(*packet_name());
	return {outcome, std::string(fuzz::text_of(*packet_name()))};
}

// What the records that begin with the first byte hold, as far as they are records.
struct Message {
	std::vector<std::uint8_t> bytes;
	std::size_t records = 0;
};

Message message_of(View stream)
{
	Message message;
	while (stream.size() >= 5 && stream[0] == 22 && stream[1] == 3) {
		const std::size_t length = static_cast<std::size_t>(stream[3] << 8 | stream[4]);
		if (length == 0 || length > 16640)
			break;
		const View body = stream.subspan(5, std::min(length, stream.size() - 5));
		message.bytes.insert(message.bytes.end(), body.begin(), body.end());
		message.records++;
		stream = stream.subspan(5 + body.size());
	}
	return message;
}

// ---- one stream, whole and in pieces ----

Answer send_whole(View stream)
{
	fuzz::reset_tables();
	return send(stream, kFirst, 0, kOwner);
}

Answer send_pieces(View stream, std::size_t size)
{
	fuzz::reset_tables();
	Answer answer;
	for (std::size_t at = 0; at < stream.size() && answer.outcome == PACKET_MORE; at += size)
		answer = send(stream.subspan(at, std::min(size, stream.size() - at)),
			      kFirst + static_cast<std::uint32_t>(at), 0, kOwner);
	return answer;
}

bool begins_hello(View stream)
{
	return stream.size() >= 11 && stream[0] == 22 && stream[1] == 3 && stream[2] <= 4;
}

// The agent's reader looks closer, and reads the list that the name is in to its end: what it
// calls malformed, or cut, may have a name here.
void compare(const Answer &answer, View stream)
{
	const Message message = message_of(stream);
	const ClientHello hello = read_client_hello(message.bytes);
	if (hello.state == HelloState::name && message.records <= 1)
		require(answer.name == hello.name, "the packet path reads the same name");
	if (!answer.name || answer.name->empty())
		return;
	require(hello.state != HelloState::no_name, "the agent reads a name");
	require(hello.name.empty() || hello.name == *answer.name, "the agent reads the same name");
}

void check_whole(View stream, std::size_t size)
{
	stream = stream.first(std::min(stream.size(), kMost));
	if (stream.empty())
		return;
	const Answer whole = send_whole(stream);
	if (!begins_hello(stream))
		return;
	compare(whole, stream);
	if (whole.name)
		require(send_pieces(stream, size).name == whole.name,
			"pieces say what it all says");
}

// ---- slices of a stream ----

// Five bytes: what it is, two of an offset, two of a length.
struct Slice {
	std::uint32_t from;  // bits 0-1: as packet_segment() takes it
	std::uint32_t owner; // bit 2: which of two connections
	std::uint64_t pause; // bits 3-4: 0, 0.4, 0.8 or 3.2 s before it
	std::size_t offset, length;
};

Slice slice_of(View record, std::size_t size)
{
	constexpr std::uint64_t kPauses[] = {0, 400'000'000, 800'000'000, 3'200'000'000};
	const std::size_t offset = static_cast<std::size_t>(record[1] << 8 | record[2]) % size;
	const std::size_t length = static_cast<std::size_t>(record[3] << 8 | record[4]);
	return {record[0] & 3U, record[0] >> 2 & 1U, kPauses[record[0] >> 3 & 3], offset,
		1 + length % (size - offset)};
}

bool stands_in(const std::string &name, View stream)
{
	for (std::size_t at = 0; at < stream.size(); at++)
		if (stream[at] == 22 && fuzz::occurs(name, message_of(stream.subspan(at)).bytes))
			return true;
	return false;
}

// The stream with other letters for each of four ends.
std::vector<std::uint8_t> stream_of(View stream, std::uint32_t end)
{
	std::vector<std::uint8_t> own(stream.begin(), stream.end());
	for (std::uint8_t &byte : own)
		if (byte >= 'a' && byte <= 'z')
			byte = static_cast<std::uint8_t>(byte ^ end);
	return own;
}

void check_slices(View records, View stream)
{
	std::vector<std::vector<std::uint8_t>> ends;
	for (std::uint32_t end = 0; end < 4; end++)
		ends.push_back(stream_of(stream, end));
	fuzz::reset_tables();
	for (; !records.empty(); records = records.subspan(5)) {
		const Slice slice = slice_of(records, stream.size());
		const std::uint32_t owner = 2 * slice.owner;
		fuzz::pass_time(slice.pause);
		// The second connection's bytes lie elsewhere in their window.
		const auto seq = static_cast<std::uint32_t>(kFirst + slice.offset + 500 * owner);
		const Answer answer = send(
			View(ends[owner + (slice.from & 1)]).subspan(slice.offset, slice.length),
			seq, slice.from, kOwner + slice.owner);
		if (answer.name && !answer.name->empty())
			require(stands_in(*answer.name, ends[owner]) ||
					stands_in(*answer.name, ends[owner + 1]),
				"a name that one end said");
	}
}

// A client's segments, and which of its bytes have been sent.
class Client {
      public:
	explicit Client(View stream) : stream_(stream), sent_(stream.size()) {}

	void send(std::size_t offset, std::size_t length)
	{
		if (answer_.outcome != PACKET_MORE)
			return;
		answer_ = ::send(stream_.subspan(offset, length),
				 kFirst + static_cast<std::uint32_t>(offset), 2, kOwner);
		std::fill_n(sent_.begin() + static_cast<std::ptrdiff_t>(offset), length, true);
	}

	void send_missing()
	{
		for (auto at = sent_.begin(); at != sent_.end();) {
			const auto from = std::find(at, sent_.end(), false);
			at = std::find(from, sent_.end(), true);
			if (from != at)
				send(static_cast<std::size_t>(from - sent_.begin()),
				     static_cast<std::size_t>(at - from));
		}
	}

	[[nodiscard]] const Answer &answer() const { return answer_; }

      private:
	View stream_;
	std::vector<bool> sent_;
	Answer answer_;
};

// A segment that would be taken for another hello's beginning proves nothing.
bool begins_another(View stream, std::size_t offset)
{
	return offset > 0 && stream[offset] == 22;
}

void check_complete(View records, View stream, bool at_once)
{
	constexpr std::size_t kSlices = 7; // so that there is room for the parts of all
	const Answer whole = send_whole(stream);
	if (!begins_hello(stream) || !whole.name)
		return;
	fuzz::reset_tables();
	Client client(stream);
	for (std::size_t n = 0; n < kSlices && !records.empty();
	     n++, records = records.subspan(5)) {
		const Slice slice = slice_of(records, stream.size());
		const std::size_t end = slice.offset + slice.length;
		if (begins_another(stream, slice.offset) ||
		    (end < stream.size() && begins_another(stream, end)))
			return;
		client.send(slice.offset, slice.length);
	}
	if (at_once)
		client.send(0, stream.size());
	else
		client.send_missing();
	require(client.answer().name == whole.name, "slices say what it all says");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	if (size < 2)
		return 0;
	const View input(data, size);
	if (input[0] % 2 == 0) {
		check_whole(input.subspan(1), 1U + input[0] / 2);
		return 0;
	}
	const std::size_t records = 5 * (input[1] % kSegments);
	if (records + 2 >= size)
		return 0;
	const View slices = input.subspan(2, records), stream = input.subspan(2 + records);
	if (input[0] % 4 == 1)
		check_slices(slices, stream);
	else
		check_complete(slices, stream.first(std::min(stream.size(), kMost)), input[0] & 4);
	return 0;
}
