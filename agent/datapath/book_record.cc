// SPDX-License-Identifier: Apache-2.0
#include "datapath/book_record.h"

#include <cstddef>
#include <cstring>
#include <string_view>

namespace flowmark {

namespace {

std::uint32_t checksum(const fm_book_record &record)
{
	constexpr std::uint32_t kBasis = 2166136261U, kPrime = 16777619U;
	const auto *bytes = reinterpret_cast<const unsigned char *>(&record);
	std::uint32_t sum = kBasis;
	for (std::size_t i = sizeof(record.checksum); i < sizeof(record); i++)
		sum = (sum ^ bytes[i]) * kPrime;
	return sum;
}

fm_book_record sealed(fm_book_record record)
{
	record.checksum = checksum(record);
	return record;
}

// Names are bounded by the kernel and by the policy's loader; what would be cut is
// a bug that must not pass for another name, so it is left out.
template <std::size_t N>
void put_text(char (&to)[N], std::string_view text)
{
	if (text.size() < N)
		text.copy(to, text.size());
}

template <std::size_t N>
std::string get_text(const char (&from)[N])
{
	return {from, ::strnlen(from, N)};
}

bool is_written(const fm_book_record &record, fm_book_kind kind)
{
	return record.kind == kind && record.checksum == checksum(record);
}

} // namespace

fm_book_record head_record(const BookHead &head)
{
	fm_book_record record{};
	record.kind = FM_BOOK_IS_HEAD;
	record.pid = head.pid;
	record.netns = head.netns;
	record.data_layout = head.data_layout;
	return sealed(record);
}

fm_book_record counter_record(const CounterKey &key)
{
	fm_book_record record{};
	record.kind = FM_BOOK_COUNTER;
	record.direction = key.direction;
	record.is_reason = key.is_reason ? 1 : 0;
	put_text(record.interface, key.interface);
	put_text(record.name, key.name);
	return sealed(record);
}

fm_book_record slot_record(const SlotEntry &entry)
{
	fm_book_record record{};
	record.kind = FM_BOOK_SLOT;
	record.flags = entry.raw_ip ? FM_BOOK_RAW_IP : 0;
	record.ifindex = static_cast<std::uint32_t>(entry.ifindex);
	put_text(record.interface, entry.name);
	return sealed(record);
}

bool is_whole(const fm_book_record &record)
{
	const fm_book_record never_written{};
	return std::memcmp(&record, &never_written, sizeof(record)) == 0 ||
	       record.checksum == checksum(record);
}

std::optional<BookHead> read_head(const fm_book_record &record)
{
	if (!is_written(record, FM_BOOK_IS_HEAD))
		return std::nullopt;
	return BookHead{record.pid, record.netns, record.data_layout};
}

std::optional<CounterKey> read_counter_key(const fm_book_record &record)
{
	if (!is_written(record, FM_BOOK_COUNTER) || record.direction >= kDirections)
		return std::nullopt;
	return CounterKey{get_text(record.interface), static_cast<Direction>(record.direction),
			  record.is_reason != 0, get_text(record.name)};
}

std::optional<SlotEntry> read_slot(const fm_book_record &record, std::uint32_t slot)
{
	if (!is_written(record, FM_BOOK_SLOT) || record.ifindex == 0)
		return std::nullopt;
	return SlotEntry{slot, static_cast<int>(record.ifindex), get_text(record.interface),
			 (record.flags & FM_BOOK_RAW_IP) != 0};
}

} // namespace flowmark
