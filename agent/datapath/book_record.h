// SPDX-License-Identifier: Apache-2.0
// The records of the pinned book (include/flowmark/book.h), made and read.
#pragma once

#include <optional>

#include <flowmark/book.h>

#include "datapath/counter_book.h"

namespace flowmark {

// An interface that has a slot.
struct SlotEntry {
	std::uint32_t slot = 0;
	int ifindex = 0;
	std::string name;
	bool raw_ip = false; // its frames have no link header

	bool operator==(const SlotEntry &) const = default;
};

struct BookHead {
	std::uint32_t pid = 0;
	std::uint64_t netns = 0;
	std::uint64_t data_layout = 0;

	bool operator==(const BookHead &) const = default;
};

fm_book_record head_record(const BookHead &head);
fm_book_record counter_record(const CounterKey &key);
fm_book_record slot_record(const SlotEntry &entry);

// Whether the record is one that was written whole. One that was never written is.
bool is_whole(const fm_book_record &record);

// Nothing if the record is of another kind or is not whole.
std::optional<BookHead> read_head(const fm_book_record &record);
std::optional<CounterKey> read_counter_key(const fm_book_record &record);
std::optional<SlotEntry> read_slot(const fm_book_record &record, std::uint32_t slot);

} // namespace flowmark
